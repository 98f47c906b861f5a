"""Fixtures of every test: the template of the working tree, its projects, no own settings."""

import signal
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from renders import FastRenderer, copy_template, own_files_of
from stacks import ROOT, STACKS, Stack

__all__ = ["ROOT"]

collect_ignore = ["engine", "goldens"]  # run by test_engine; projects, with tests of their own


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--regenerate-goldens", action="store_true", help="write tests/goldens/ anew")


def pytest_sessionstart() -> None:
    """Heed Ctrl-C, and let children heed it, also in the background, where shells turn it off."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run once more what failed in a project: it has limits of time, and other tests beside it.

    The summary lists what passed only then; the engine's tests are run again one by one.
    """
    for item in items:
        if item.get_closest_marker("projects") or item.get_closest_marker("updates"):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session", autouse=True)
def no_own_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep a developer's own Copier settings out of what is rendered."""
    settings = tmp_path_factory.mktemp("settings") / "settings.yml"
    settings.write_text("{}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COPIER_SETTINGS_PATH", str(settings))
        yield


@pytest.fixture(scope="session")
def template_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the template without `.git`, which Copier renders as it is."""
    return copy_template(tmp_path_factory.mktemp("template_source"))


@pytest.fixture(scope="session")
def rendered(
    template_source: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Stack], Path]]:
    """Return what renders a stack, once per session: read the project, do not change it.

    Fails at the end if a test did: those that came after it had another project than it says.
    """
    renderer = FastRenderer(template_source)
    before: dict[Path, dict[str, bytes]] = {}

    @cache
    def rendered_once(stack: Stack) -> Path:
        project = renderer.render(tmp_path_factory.mktemp(stack.id), stack.answers)
        before[project] = own_files_of(project)
        return project

    yield rendered_once
    for project, files in before.items():
        changed = sorted(path for path, _ in files.items() ^ own_files_of(project).items())
        assert not changed, f"a test changed {project.name}, which others read: {changed}"


@pytest.fixture(params=STACKS, ids=lambda stack: stack.id)
def stack(request: pytest.FixtureRequest) -> Stack:
    """Run the test once per stack."""
    stack: Stack = request.param
    return stack


@pytest.fixture
def project(stack: Stack, rendered: Callable[[Stack], Path]) -> Path:
    """Return the rendered project of `stack`: read it, do not change it."""
    return rendered(stack)
