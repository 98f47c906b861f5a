"""Whatever the questions accept renders a project whose every file can be read by what reads it."""

import ast
import importlib.util
import json
import re
import shutil
import tempfile
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import copier
import pytest
import yaml
from conftest import ROOT
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from renders import copy_template

QUESTIONS = {
    name: question
    for name, question in yaml.safe_load((ROOT / "copier.yml").read_text("utf-8")).items()
    if not name.startswith("_")
}
SEEN = [
    *"\"'\\`$#%&*!|>{}[]()<>@:;,=?~^-+_./",
    *(" ", "\xa0", "\u200d", "é", "ß", "日本", "🚀", "\ufffd", "\U0001fae8"),
    *("{{ 7 * 7 }}", "{%", "{#", "#}", "${{ x }}", "$(id)", "${HOME}", "<!--", "-->", "</a>"),
    *('"""', "'''", "\\n", "\\u0000", "---", "...", ": ", " #", "- ", "%YAML", "null", "0x1F"),
]
HIDDEN = [
    *("\t", "\n", "\r", "\x00", "\x1b", "\x7f", "\x85", "\xad"),
    *("\u2028", "\u2029", "\u202e", "\ufeff", "\uffff", "\ud800", "\U0001fffe"),
]
# Hidden characters are refused today; they are here for the day a check lets one through.
ODD_TEXT = st.lists(st.sampled_from(SEEN), min_size=1, max_size=40).map("".join) | st.lists(
    st.sampled_from(SEEN + HIDDEN) | st.text(max_size=3), min_size=1, max_size=4
).map("".join)
ENV_LINE = re.compile(r"(#.*|[A-Z][A-Z0-9_]*=.*|)\Z")


def load_answers() -> ModuleType:
    spec = importlib.util.spec_from_file_location("answers", ROOT / "extensions" / "answers.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ANSWERS = load_answers()
CHECKS = ANSWERS.CHECKS


def accepted(question: str, candidates: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return candidates.filter(lambda value: not CHECKS[question](value))


def accepted_answers() -> st.SearchStrategy[dict[str, Any]]:
    names = st.from_regex(r"[A-Za-zé日🚀][A-Za-z0-9 _.+é日🚀-]{0,20}", fullmatch=True)
    packages = st.from_regex(r"[a-z][a-z0-9_]{1,12}", fullmatch=True)
    addresses = st.from_regex(r"[a-z0-9_%+'.-]{1,9}@[a-z0-9.-]{1,9}", fullmatch=True)
    return st.fixed_dictionaries(
        {
            "project_name": accepted("project_name", names),
            "package_name": accepted("package_name", packages),
            "description": accepted("description", ODD_TEXT),
            "author_name": accepted("author_name", ODD_TEXT),
            "author_email": accepted("author_email", addresses),
            "example": st.booleans(),
            **{
                name: st.sampled_from(list(question["choices"].values()))
                for name, question in QUESTIONS.items()
                if "choices" in question
            },
        }
    )


def read_file(path: Path) -> None:
    """Parse a file as what reads it will."""
    text = path.read_bytes().decode("utf-8")
    if path.name.startswith(".env"):
        assert not [line for line in text.splitlines() if not ENV_LINE.match(line)]
    elif path.suffix == ".toml":
        tomllib.loads(text)
    elif path.suffix in {".yml", ".yaml"}:
        list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    elif path.suffix == ".json":
        json.loads(text)
    elif path.suffix == ".py":
        ast.parse(text)


@pytest.fixture(scope="module")
def without_engine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the template without the engine, most of its files, which no answer changes."""
    source = copy_template(tmp_path_factory.mktemp("without_engine"))
    shutil.rmtree(source / "template" / "vendor")
    return source


@settings(
    max_examples=15,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # shrinking would render some hundred projects
    suppress_health_check=[HealthCheck.too_slow],
)
@given(answers=accepted_answers())
def test_every_file_of_an_accepted_project_parses(
    without_engine: Path, answers: dict[str, Any]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        options: dict[str, Any] = {"unsafe": True, "quiet": True, "skip_tasks": True}
        copier.run_copy(str(without_engine), folder, data=answers, **options)

        for path in Path(folder).rglob("*"):
            if path.is_file():
                read_file(path)
        project = tomllib.loads((Path(folder) / "pyproject.toml").read_text("utf-8"))["project"]
        assert project["description"] == answers["description"]
        author = {"name": answers["author_name"], "email": answers["author_email"]}
        assert project["authors"] == [author]
        remembered = yaml.safe_load((Path(folder) / ".copier-answers.yml").read_text("utf-8"))
        assert answers == {name: remembered[name] for name in answers}


@settings(database=None)
@given(project_name=st.text(min_size=1, max_size=60))
def test_a_package_name_made_from_a_project_name_is_accepted(project_name: str) -> None:
    package_name = ANSWERS.package_name_from(project_name)

    assert package_name == "" or not CHECKS["package_name"](package_name)


def test_every_accepted_character_survives_json_toml_yaml_and_lines() -> None:
    points = [*range(0x3000), *range(0xD000, 0x20000, 7), *range(0xFDD0, 0x10000), 0x1FFFE]
    characters = [c for c in map(chr, points) if not CHECKS["description"](f"a{c}a")]
    text = f"a{''.join(characters)}a"
    quoted = json.dumps(text, ensure_ascii=False)

    assert len(characters) > 10_000
    assert tomllib.loads(f"text = {quoted}") == {"text": text}
    assert yaml.safe_load(f"text: {quoted}") == {"text": text}
    assert len(text.splitlines()) == 1
