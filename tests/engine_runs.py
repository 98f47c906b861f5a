"""Runs the engine's tests: laid over a rendered project of a stack, in the stack's kind of code.

A folder of `tests/engine/` is named after the answers that it needs, `any` for none. Tests are
written in async code; for WSGI they are converted as the engine is. What a test needs of a project,
an application with routes and tables, is the example, as the template renders it.

    python tests/engine_runs.py asgi-sqlite-memory-none -k batch
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from installs import temporary_root
from renders import copy_template, load_module, render
from stacks import AXES, ROOT, Stack, corner

ENGINE_TESTS = ROOT / "tests" / "engine"
RUNS = ROOT / ".cache" / "engine"
PACKAGE = "shop"
IN_PROCESS = "in_process"
"""The folder of `tasks=none`."""

CORNERS = ("asgi-postgres-redis-celery", "wsgi-sqlite-memory-none")
"""Every value of every axis, with all tests."""

OTHER_CORNERS = ("wsgi-postgres-redis-celery", "asgi-sqlite-memory-none")
"""The other pairs of an interface and a backend, with the tests of their folders, without `any`."""

METADATA = "Metadata-Version: 2.1\nName: shop\nVersion: 0.1.0\nSummary: Shop, a web service.\n"
SETTINGS = """[pytest]
addopts = -ra --strict-markers --strict-config -p no:cacheprovider
filterwarnings = error
hotpath_package = shop
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
"""

conversion = load_module(ROOT / "extensions" / "async_to_sync.py").conversion


def stack_of(name: str) -> Stack:
    """Return the stack of a name such as `asgi-sqlite-memory-none`, with the example."""
    return corner(example=True, **dict(zip(AXES, name.split("-"), strict=True)))


def prepare(name: str, template: Path, folder: Path, *, is_whole: bool = True) -> Path:
    """Render a stack's project into `folder` and lay its tests over it."""
    shutil.rmtree(folder, ignore_errors=True)
    render(template, folder, stack_of(name).answers)
    shutil.rmtree(folder / "tests", ignore_errors=True)
    info = folder / "installed" / f"{PACKAGE}-0.1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(METADATA)
    (folder / "pytest.ini").write_text(SETTINGS)
    lay(name, folder / "tests", is_whole=is_whole)
    return folder


def lay(name: str, target: Path, *, is_whole: bool) -> None:
    """Write the tests of a stack."""
    is_wsgi, sections = "wsgi" in name.split("-"), _sections(name)
    for source, place in laid(name, is_whole=is_whole):
        text = conversion.convert(source.read_text("utf-8"), is_wsgi, PACKAGE, sections)
        path = target / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def laid(name: str, *, is_whole: bool) -> Iterator[tuple[Path, Path]]:
    """Yield the files of a stack's tests, and where each goes.

    Args:
        is_whole: With the tests of `any`; its helpers are always there.
    """
    answers = set(name.replace("-none", f"-{IN_PROCESS}").split("-"))
    for source in sorted(ENGINE_TESTS.rglob("*.py")):
        needs, *rest = source.relative_to(ENGINE_TESTS).parts
        if needs == "any":
            is_laid = is_whole or not source.name.startswith("test_")
        else:
            is_laid = answers.issuperset(needs.split("-"))
        if is_laid:
            yield source, Path(*rest)


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "pytest", *options]


def environment(folder: Path) -> dict[str, str]:
    """Return the environment in which the project of `folder` is as if it were installed."""
    parts = ("src", "vendor/hotpath/src", "vendor/hotpath/dev", "installed")
    dropped = ("PYTEST_", "PYTHONDONTWRITEBYTECODE", "NOX_", "COV_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
    kept["PYTEST_DEBUG_TEMPROOT"] = temporary_root()
    return {**kept, "PYTHONPATH": os.pathsep.join(str(folder / part) for part in parts)}


def _sections(name: str) -> tuple[tuple[tuple[str, str], str], ...]:
    stack = load_module(ROOT / "extensions" / "stack.py")
    answers = stack_of(name).answers
    active = frozenset(stack.layer_name(question, answer) for question, answer in answers.items())
    sections = stack.merged(active)["sections"]
    return tuple((("hotpath.settings", each["any"]), each["chosen"]) for each in sections)


def main(name: str, options: Sequence[str]) -> int:
    with tempfile.TemporaryDirectory() as template:
        folder = prepare(name, copy_template(Path(template)), RUNS / name)
    paths = environment(folder)
    return subprocess.run(command(*options), cwd=folder, env=paths, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
