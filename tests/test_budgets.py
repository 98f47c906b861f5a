"""What a user owns is counted: files, lines of source, lines of tests, in every stack."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from renders import own_files_of
from stacks import AXES, Stack, corner, values_by_question

MAX_FILES = 60
MAX_SOURCE = {True: 1200, False: 400}
MAX_TESTS = {True: 1200, False: 300}
"""Non-blank lines, with the example and without."""

MAX_FEATURE = {"users": 450, "posts": 100}
"""Non-blank lines of a feature; those of users with its commands."""
MODULES = {"__init__", "model", "schemas", "service", "routes", "tasks"}
"""What the modules of a feature are called."""

MAX_SWITCHED_FILES = 15
"""Files that change when one axis of the stack does, but for Copier's own record of the answers."""
ANSWERS = ".copier-answers.yml"


def lines_below(files: Mapping[str, bytes], folder: str) -> int:
    """Return the non-blank lines of Python below a folder; migrations are not counted."""
    return sum(
        sum(bool(line.strip()) for line in content.splitlines())
        for path, content in files.items()
        if path.startswith(folder) and path.endswith(".py") and "/migrations/" not in path
    )


@pytest.mark.parametrize("example", [True, False])
def test_a_project_stays_small(
    stack: Stack, example: bool, rendered: Callable[[Stack], Path]
) -> None:
    files = own_files_of(rendered(corner(example=example, **dict(stack.axes))))

    assert len(files) <= MAX_FILES
    assert lines_below(files, "src/") <= MAX_SOURCE[example]
    assert lines_below(files, "tests/") <= MAX_TESTS[example]


@pytest.mark.parametrize("feature", MAX_FEATURE)
def test_a_feature_stays_small(
    stack: Stack, feature: str, rendered: Callable[[Stack], Path]
) -> None:
    files = own_files_of(rendered(corner(example=True, **dict(stack.axes))))
    folder = f"src/shop/{feature}/"
    own = {path: text for path, text in files.items() if path.startswith(folder)}
    commands = lines_below(files, "src/shop/commands.py") if feature == "users" else 0

    assert {Path(path).stem for path in own} <= MODULES
    assert lines_below(own, folder) + commands <= MAX_FEATURE[feature]


def test_the_engine_is_the_same_in_every_project(
    stack: Stack, project: Path, rendered: Callable[[Stack], Path]
) -> None:
    other = rendered(corner(example=True, **dict(stack.axes)))

    assert engine_of(other) == engine_of(project)


@pytest.mark.parametrize("axis", AXES)
def test_a_switch_of_one_axis_touches_few_files(
    stack: Stack, axis: str, rendered: Callable[[Stack], Path]
) -> None:
    axes = dict(stack.axes)
    before = own_files_of(rendered(corner(example=True, **axes)))
    for value in sorted(set(values_by_question()[axis]) - {axes[axis]}):
        after = own_files_of(rendered(corner(example=True, **axes | {axis: value})))
        paths = before.keys() | after.keys()

        touched = {path for path in paths if before.get(path) != after.get(path)}

        assert len(touched - {ANSWERS}) <= MAX_SWITCHED_FILES, sorted(touched)


def engine_of(project: Path) -> dict[str, bytes]:
    folder = project / "vendor"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.py")}
