"""What the app imports: nothing that it does not use. `test_start` has the whole process."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions

import package_name
import pytest

from hotpath.testing.workspace import PROJECT

APP = package_name.__name__ + ".app"
TOLD = f"import {APP}, sys; print(*sys.modules)"
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))


@pytest.fixture(scope="module")
def imported() -> frozenset[str]:
    """Return the modules that the app imports, in a process of its own."""
    told = subprocess.run([sys.executable, "-c", TOLD], capture_output=True, text=True, check=True)
    return frozenset(told.stdout.split())


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


def _name(buffered_histogram: str) -> str:
    return buffered_histogram.strip().lower().replace("_", "-")
