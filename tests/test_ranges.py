"""One range per package: the engine's, in its stacks and in the environment of its tests."""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

ENGINE = ROOT / "template" / "vendor" / "hotpath" / "pyproject.toml"
STACKS = sorted((ROOT / "template").rglob("stack.toml"))
REQUIREMENT = re.compile(r"([\w-]+)(?:\[([\w,]+)\])?(.*)")
ONLY_SIMULATED_USERS = {"locust"}
"""`nox -s load` of a project installs it; no test here does."""

PROFILERS = {"memray", "py-spy"}
"""A project has a group for them, which is installed when it is wanted."""

ONLY_TRACES = {"opentelemetry-exporter-otlp-proto-http", "opentelemetry-sdk"}
"""The extra `tracing` of a project."""


def read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def ranges(requirements: Iterable[str]) -> dict[str, set[str]]:
    """Return the ranges of every package."""
    found: dict[str, set[str]] = {}
    for requirement in requirements:
        match = REQUIREMENT.fullmatch(requirement)
        assert match, requirement
        found.setdefault(match[1], set()).add(match[3])
    return found


def of_the_engine() -> list[str]:
    project = read(ENGINE)["project"]
    extras = project["optional-dependencies"].values()
    return [*project["dependencies"], *(requirement for extra in extras for requirement in extra)]


def of_this_repository() -> list[str]:
    groups = read(ROOT / "pyproject.toml")["dependency-groups"]
    return [*groups["dev"], *groups["engine"]]


def test_the_engine_gives_a_package_one_range() -> None:
    assert not {name: found for name, found in ranges(of_the_engine()).items() if len(found) > 1}


@pytest.mark.parametrize("path", STACKS, ids=lambda path: path.parent.name)
def test_a_stack_has_the_ranges_of_the_engine(path: Path) -> None:
    stack, engine = read(path), ranges(of_the_engine())
    items = [*stack.get("dependencies", ()), *stack.get("dev_dependencies", ())]

    for name, found in ranges(item["name"] + item["range"] for item in items).items():
        assert found == engine.get(name, found), name


def test_every_requirement_of_the_engine_is_in_some_stack() -> None:
    items = [
        item
        for path in STACKS
        for key in ("dependencies", "dev_dependencies")
        for item in read(path).get(key, ())
    ]

    stacks = {item["name"] for item in items}
    engine = {REQUIREMENT.sub(r"\1", requirement) for requirement in of_the_engine()}

    left = engine - {re.sub(r"\[.*", "", name) for name in stacks}
    assert left == ONLY_SIMULATED_USERS | PROFILERS | ONLY_TRACES


@pytest.mark.parametrize("name", sorted(ONLY_SIMULATED_USERS | PROFILERS | ONLY_TRACES))
def test_what_few_install_has_the_range_of_the_engine(name: str) -> None:
    (range_,) = ranges(of_the_engine())[name]

    text = (ROOT / "template" / "pyproject.toml.jinja").read_text("utf-8")

    assert f'"{name}{range_}"' in text


def test_tests_of_the_engine_run_with_what_it_requires() -> None:
    ours, engine = ranges(of_this_repository()), ranges(of_the_engine())

    assert engine.keys() - ours.keys() == ONLY_SIMULATED_USERS
    for name in engine.keys() & ours.keys():
        assert ours[name] == engine[name], name


def test_tests_of_the_engine_run_with_what_the_example_requires() -> None:
    (example,) = (path for path in STACKS if path.parent.name == "{{ example }}")
    ours = ranges(of_this_repository())

    for item in read(example)["dependencies"]:
        assert ours[item["name"]] == {item["range"]}
