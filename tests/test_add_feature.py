"""The page that says how to add a feature, followed to the letter; what it gives is small."""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from installs import importable, install, keep
from pages import follow_page, installed_runner, runner
from stacks import Stack, corner

pytestmark = pytest.mark.projects

STACKS = tuple(
    corner(example=True, interface=interface, database=database, cache=cache, tasks=tasks)
    for interface in ("asgi", "wsgi")
    for database, cache, tasks in (("sqlite", "memory", "none"), ("postgres", "redis", "celery"))
)
PAGE = "docs/add-a-feature.md"
COSTS = Path(__file__).with_name("added_feature_costs.py")
MAX_SOURCE, MAX_TESTS, MAX_FILES = 120, 60, 5
CHECKS = ("ruff format --check .", "ruff check .", "mypy", "pytest -q -p no:cacheprovider")
OTHER_FIELDS = (
    "new stock_movements 'order:belongs_to=orders?' note:text? sku:str weight:float is_out:bool? "
    "day:date at:datetime token:uuid 'kind:in|out?'"
)


@pytest.mark.parametrize("stack", STACKS, ids=lambda stack: stack.id)
def test_a_feature_is_added_as_the_page_says(
    stack: Stack, rendered: Callable[[Stack], Path]
) -> None:
    project = keep(rendered(stack), f"{stack.id}-added")
    install(project)
    run = installed_runner(project)

    with services_of(project, run):
        follow_page(project / PAGE, project, run)
        run(f"uv run shop {OTHER_FIELDS}")
        run("uv run shop db upgrade")
    run("uv run nox")
    shutil.copy(COSTS, project / "tests" / "test_costs.py")
    run("uv run pytest tests/test_costs.py")

    files = sorted((project / "src" / "shop" / "orders").glob("*.py"))
    with_code = [file for file in files if file.name != "__init__.py"]
    assert len(with_code) <= MAX_FILES
    assert sum(map(lines_of, files)) <= MAX_SOURCE
    assert lines_of(project / "tests" / "test_orders.py") <= MAX_TESTS


@contextmanager
def services_of(project: Path, run: Callable[[str], None]) -> Iterator[None]:
    """Run the servers of a project, if its stack has some, until the end of the block."""
    if "postgres" not in project.name:
        yield
        return
    down = "uv run shop services down --delete-data --yes"
    # Servers and data of a run that was killed are found again, also by a new clone at this path.
    for line in (down, "uv run shop services up", down, "uv run shop services up"):
        run(line)
    try:
        yield
    finally:
        run(down)


FIELD = (
    ("model.py", "    created_at: ", "    phone: Mapped[str | None] = mapped_column(String(30))\n"),
    ("schemas.py", '    status: Status = "active"\n', "    phone: Name | None = None\n"),
    ("schemas.py", "    status: Status = unchanged()\n", "    phone: Name | None = None\n"),
    ("schemas.py", "    status: Status\n", "    phone: str | None\n"),
)
"""A nullable field more: in which file, before which line, which line."""
IN_FULL = "tests/test_users.py::test_a_created_user_is_returned_in_full"
"""Says what fields a user has: the only one that has to be told."""


def test_a_field_more_is_four_lines(rendered: Callable[[Stack], Path], tmp_path: Path) -> None:
    stack = corner(example=True, interface="asgi", database="sqlite", cache="memory", tasks="none")
    project = shutil.copytree(rendered(stack), tmp_path / "project")
    run = runner(project, importable(project, "shop", tmp_path))
    run(f"{sys.executable} -m shop db upgrade")

    for name, place, line in FIELD:
        file = project / "src" / "shop" / "users" / name
        before, found, after = file.read_text("utf-8").partition(place)
        assert found, place
        file.write_text(f"{before}{line}{found}{after}", "utf-8")
    run(f"{sys.executable} -m shop db revision -m phone")
    run(f"{sys.executable} -m shop db upgrade")
    run(f"{sys.executable} -m shop db check")
    for check in CHECKS:
        run(f"{sys.executable} -m {check}{f' --deselect {IN_FULL}' if 'pytest' in check else ''}")


def lines_of(file: Path) -> int:
    """Return the lines that are not blank."""
    return sum(bool(line.strip()) for line in file.read_text("utf-8").splitlines())
