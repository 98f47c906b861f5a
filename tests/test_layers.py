"""A folder's name is its condition: what Copier makes of it, and that layers do not collide."""

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from copier.errors import UserMessageError
from jinja2 import Environment
from renders import files_of, load_module, render
from stacks import Answers, Stack, read_questions, values_by_question

LAYER = re.compile(r"\{\{ (?!package_name )(\w+) \}\}")
ANSWERS_FILE = "{{_copier_conf.answers_file}}"
STACK = load_module(ROOT / "extensions" / "stack.py")
HOOK = STACK.StackContext(Environment())
CONDITION = re.compile(r"\{[%{][^{}]*\bif\b[^{}]*[%}]\}")
TEXT = re.compile(r"\bstack\.texts\.(\w+)")


def template_files() -> list[str]:
    """Return what can become a file of a project; `stack.toml` and leftovers of tools cannot."""
    template = ROOT / "template"
    files = [path.relative_to(template) for path in template.rglob("*") if path.is_file()]
    leftover = re.compile(r"__pycache__|\..+_cache|\.hypothesis")
    return [
        path.as_posix()
        for path in sorted(files)
        if path.name != "stack.toml" and not any(leftover.fullmatch(part) for part in path.parts)
    ]


def context_of(answers: Answers) -> dict[str, Any]:
    """Return the switches of all layers, as a template sees them."""
    defaults = {name: question["default"] for name, question in read_questions().items()}
    context: dict[str, Any] = {**defaults, "package_name": "shop", **answers}
    HOOK.hook(context)
    return context


@cache
def layers_and_target(path: str) -> tuple[list[str], str]:
    """Return the layers a template file depends on, and the path it is written to."""
    parts = path.removesuffix(".jinja").replace(ANSWERS_FILE, ".copier-answers.yml").split("/")
    layers = [found[1] for part in parts if (found := LAYER.fullmatch(part))]
    return layers, "/".join(part for part in parts if not LAYER.fullmatch(part))


def owners(paths: Iterable[str], context: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return which template files write each path of a project."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        layers, target = layers_and_target(path)
        if all(context[layer] == "." for layer in layers):
            found[target].append(path)
    return found


def collisions(paths: Iterable[str], context: Mapping[str, Any]) -> dict[str, list[str]]:
    return {path: files for path, files in owners(paths, context).items() if len(files) > 1}


@cache
def every_context() -> list[dict[str, Any]]:
    """Return the context of every combination of choices, not only of the 16 that are rendered."""
    questions = read_questions()
    switching = [n for n, q in questions.items() if "choices" in q or q["type"] == "bool"]
    combinations = itertools.product(*(values_by_question()[name] for name in switching))
    return [context_of(dict(zip(switching, values, strict=True))) for values in combinations]


def test_every_path_of_a_project_has_one_owner() -> None:
    files = template_files()
    found = {
        path: layers
        for context in every_context()
        for path, layers in collisions(files, context).items()
    }

    assert not found


def test_two_layers_that_write_one_path_are_both_named() -> None:
    paths = ["{{ a }}/x.py", "{{ b }}/{{ c }}/x.py.jinja", "{{ d }}/x.py"]
    context = {"a": ".", "b": ".", "c": ".", "d": ""}

    assert {"x.py": paths[:2]} == collisions(paths, context)


def test_a_project_has_exactly_the_files_of_its_layers(stack: Stack, project: Path) -> None:
    (package,) = (project / "src").iterdir()
    targets = owners(template_files(), context_of(stack.answers))
    expected = {target.replace("{{ package_name }}", package.name) for target in targets}

    assert expected == set(files_of(project))


def test_every_layer_is_in_some_project() -> None:
    files = template_files()
    rendered = {
        path
        for context in every_context()
        for paths in owners(files, context).values()
        for path in paths
    }

    assert set(files) == rendered


@pytest.fixture
def two_layers(tmp_path: Path) -> Path:
    """Return a template of two files: one in a layer that is on, one in a layer that is off."""
    source = tmp_path / "source"
    for layer in ("on", "off"):
        folder = source / "template" / f"{{{{ {layer} }}}}" / "deep"
        folder.mkdir(parents=True)
        (folder / f"{layer}.txt").touch()
    settings = "_subdirectory: template\n_envops: {undefined: jinja2.StrictUndefined}\n"
    questions = '"on": {default: ".", type: str}\n"off": {default: "", type: str}\n'
    (source / "copier.yml").write_text(settings + questions)
    return source


def test_copier_lets_a_dot_disappear_and_skips_an_empty_part(
    two_layers: Path, tmp_path: Path
) -> None:
    """Undocumented, and what all layers stand on."""
    project = render(two_layers, tmp_path / "project", {})

    assert list(files_of(project)) == ["deep/on.txt"]
    assert [path.name for path in project.iterdir()] == ["deep"]


def test_a_mistyped_layer_does_not_vanish(two_layers: Path, tmp_path: Path) -> None:
    (two_layers / "template" / "{{ onn }}").mkdir()
    (two_layers / "template" / "{{ onn }}" / "lost.txt").touch()

    with pytest.raises(UserMessageError, match="'onn' is undefined"):
        render(two_layers, tmp_path / "project", {})
    assert not (tmp_path / "project").exists()


def test_this_template_refuses_undefined_names() -> None:
    assert "jinja2.StrictUndefined" in (ROOT / "copier.yml").read_text("utf-8")


def text_names() -> dict[frozenset[str], set[str]]:
    """Return the names of the texts of each `stack.toml`, by the layers it needs."""
    return {part["needs"]: set(part["data"].get("texts", {})) for part in STACK._parts()}


def test_templates_have_no_if() -> None:
    """What depends on an answer is a file of its layer, or a text of its `stack.toml`."""
    found = {
        path: conditions
        for path in template_files()
        if path.endswith(".jinja") and not path.startswith("vendor/")
        if (conditions := CONDITION.findall((ROOT / "template" / path).read_text("utf-8")))
    }

    assert found == {}


def test_every_text_is_used_and_every_used_text_is_there() -> None:
    named = {name for names in text_names().values() for name in names}
    templates = [ROOT / "template" / path for path in template_files() if path.endswith(".jinja")]
    used = {name for path in templates for name in TEXT.findall(path.read_text("utf-8"))}

    assert named == used


def test_no_two_layers_say_the_same_text_differently() -> None:
    for context in every_context():
        active = {name for name, value in context.items() if value == "."}
        names = [
            (len(needs), name)
            for needs, texts in text_names().items()
            for name in texts
            if needs <= active
        ]
        assert len(names) == len(set(names))
