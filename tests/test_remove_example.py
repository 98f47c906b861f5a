"""The page that says how to remove the example, followed word by word."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from installs import importable
from pages import follow_page, runner
from stacks import Stack, corner

pytestmark = pytest.mark.projects

DEFAULT_CORNER = corner(
    example=True, interface="asgi", database="sqlite", cache="memory", tasks="none"
)
PAGE = "docs/remove-the-example.md"
CHECKS = (
    "ruff format --check .",
    "ruff check .",
    "mypy",
    "pytest -q -p no:cacheprovider",
)


def test_the_example_can_be_removed_as_the_page_says(
    rendered: Callable[[Stack], Path], tmp_path: Path
) -> None:
    project = shutil.copytree(rendered(DEFAULT_CORNER), tmp_path / "project")
    run = runner(project, importable(project, "shop", tmp_path))

    run(f"{sys.executable} -m shop db upgrade")
    follow_page(project / PAGE, project, run)
    for check in CHECKS:
        run(f"{sys.executable} -m {check}")

    assert not (project / "src" / "shop" / "users").exists()
