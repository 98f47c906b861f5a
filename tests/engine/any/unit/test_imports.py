"""What the app imports: nothing that it does not use. `test_start` has the whole process."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest
from hotpath.testing.project import find_project

PROJECT = find_project()
APP = f"{PROJECT.service.package}.app"
PROGRAM = f"import {APP}, sys; print(*sys.modules)"
PYPROJECT = tomllib.loads((PROJECT.folder / "pyproject.toml").read_text("utf-8"))


@pytest.fixture(scope="module")
def imported() -> frozenset[str]:
    """Return the modules that the app imports, in a process of its own."""
    command = [sys.executable, "-c", PROGRAM]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return frozenset(printed.split())


def test_commands_and_servers_import_what_they_need_late(imported: frozenset[str]) -> None:
    late = set(PYPROJECT["tool"]["late-imports"]["modules"])

    assert not imported & late


def test_tools_of_developers_are_not_imported(imported: frozenset[str]) -> None:
    groups = PYPROJECT["dependency-groups"].values()
    tools = {_name(re.split(r"[\[<>=~!]", line)[0]) for group in groups for line in group}
    modules = packages_distributions()

    packages = {module.partition(".")[0] for module in imported}
    found = {each for each in packages if tools & set(map(_name, modules.get(each, ())))}

    assert not found


def _name(distribution: str) -> str:
    return distribution.strip().lower().replace("_", "-")


def test_the_cost_of_imports_is_a_table_with_the_packages_of_the_app() -> None:
    command = [sys.executable, "-m", "hotpath.testing.imports"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    heading, _, columns, _, whole, *rows = shown.splitlines()
    assert heading == f"`import {APP}`"
    assert columns == "| package | ms |"
    assert re.fullmatch(r"\| \*\*all\*\* \| \d+\.\d \|", whole)
    assert any(row.startswith("| hotpath |") for row in rows)
