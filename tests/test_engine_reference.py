"""docs/reference/engine.md lists what projects use of the engine, as its docstrings have it."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from renders import load_module

SCRIPT = ROOT / "extensions" / "engine_reference.py"
reference = load_module(SCRIPT)

ENGINE: Path = reference.ENGINE
CONTENTS = reference.read_contents()
GROUPS = CONTENTS["group"]
LISTED = {(module, name) for each in GROUPS for module, names in each["names"].items()
          for name in names}  # fmt: skip
MODULES = sorted({module for module, _ in LISTED})
WITH_ALL = ["hotpath.asgi", "hotpath.wsgi", "hotpath.settings", "hotpath.testing.bench"]
PRIVATE = CONTENTS["private"]


def test_the_page_is_current() -> None:
    command = [sys.executable, "-S", str(SCRIPT), "--check"]  # -S: with nothing installed

    checked = subprocess.run(command, capture_output=True, text=True, check=False)

    assert checked.stdout + checked.stderr == ""
    assert checked.returncode == 0


@pytest.mark.parametrize("module", MODULES)
def test_a_public_module_has_a_docstring(module: str) -> None:
    assert ast.get_docstring(parsed(module)), f"{module} has no docstring"


@pytest.mark.parametrize("module", WITH_ALL)
def test_every_exported_name_is_in_the_reference(module: str) -> None:
    missing = exported(module) - {name for listed, name in LISTED if listed == module}

    assert not missing, f"list in engine_reference.toml, of {module}: {', '.join(sorted(missing))}"


def test_every_name_that_projects_use_is_in_the_reference() -> None:
    modules = {module for module, _ in LISTED}
    used = {each for path in sources_of_projects() for each in imports_of(path.read_text("utf-8"))}

    missing = {
        f"{module}.{name}"
        for module, name in used
        if (module, name) not in LISTED and f"{module}.{name}" not in modules
    }

    assert not missing, f"list in engine_reference.toml: {', '.join(sorted(missing))}"


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group["title"])
def test_an_example_uses_only_listed_names_and_some_of_its_group(group: dict[str, object]) -> None:
    modules = {module for module, _ in LISTED}
    example = reference.example_of(group)

    used = set(imports_of(example))

    assert all(each in LISTED or f"{each[0]}.{each[1]}" in modules for each in used)
    assert {module for module, _ in used} & set(group["names"]) or "hotpath" not in example  # type: ignore[call-overload]


@pytest.mark.parametrize("part", PRIVATE, ids=lambda part: part["module"])
def test_a_module_with_private_parts_imports_their_library(part: dict[str, str]) -> None:
    library = part["library"].replace("-", "_")
    imported = {module.partition(".")[0] for module in all_imports(part["module"])}

    assert library in imported
    for section, name in re.findall(r"`([A-Z]+)__([A-Z_]+)=", part["without"]):
        assert name.lower() in settings_of(section), f"there is no {section}__{name}"


def parsed(module: str) -> ast.Module:
    tree: ast.Module = reference._parsed(module)
    return tree


def exported(module: str) -> set[str]:
    for node in parsed(module).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value))
    raise AssertionError(f"{module} has no __all__")


def all_imports(module: str) -> Iterator[str]:
    for node in ast.walk(parsed(module)):
        if isinstance(node, ast.ImportFrom):
            yield str(node.module)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def imports_of(text: str) -> Iterator[tuple[str, str]]:
    """Yield module and name of what a text imports from the engine."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] == "hotpath":
            yield from ((str(node.module), alias.name) for alias in node.names)


def sources_of_projects() -> Iterator[Path]:
    """Yield the Python files of the template that are not the engine's."""
    for path in (ROOT / "template").rglob("*.py*"):
        is_source = path.name.endswith((".py", ".py.jinja"))
        if is_source and "vendor" not in path.relative_to(ROOT).parts:
            yield path


def settings_of(section: str) -> set[str]:
    """Return the names of all settings of a section, such as `SERVER`."""
    module = {"DB": "database"}.get(section, section.lower())
    fields = ast.walk(parsed(f"hotpath.settings.{module}"))
    return {ast.unparse(node.target) for node in fields if isinstance(node, ast.AnnAssign)}
