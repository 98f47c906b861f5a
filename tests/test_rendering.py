"""What holds for the files of all 16 projects, seen without installing any of them."""

import io
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from renders import files_of, own_files_of, render
from stacks import STACKS, Stack, read_questions
from test_accepted_answers import read_file

# A name in braces, or a statement; an f-string has braces in pairs too, but not around one name.
JINJA = re.compile(r"(?<!\$)\{\{-?\s*[\w.]+\s*[|}]|\{%|\{#")
LEGEND = re.compile(r'"legendFormat": "[^"]*"')
"""Of a Grafana dashboard, with names of labels in braces."""
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
COMMAND = re.compile(r"\buv run (?:--[\w-]+ )*([\w-]+)")
COMMANDS_OF = {"import-linter": "lint-imports"}
"""Commands that are not called like the package that brings them."""


def texts_of(project: Path) -> Iterator[tuple[str, str]]:
    for path, content in own_files_of(project).items():
        yield path, content.decode("utf-8")


def code_of(project: Path) -> Iterator[tuple[str, str]]:
    return ((path, text) for path, text in texts_of(project) if path.endswith(".py"))


def pages_of(project: Path) -> list[Path]:
    return [project / "README.md", *sorted((project / "docs").rglob("*.md"))]


def test_the_fast_way_renders_what_the_plain_way_renders(
    template_source: Path, rendered: Callable[[Stack], Path], tmp_path: Path
) -> None:
    plain = render(template_source, tmp_path / "plain", STACKS[-1].answers)

    assert files_of(plain) == files_of(rendered(STACKS[-1]))


def test_every_file_can_be_read(project: Path) -> None:
    for path in own_files_of(project):
        read_file(project / path)


def test_a_migration_may_have_sql_as_long_as_the_database_writes_it(project: Path) -> None:
    [package] = (project / "src").iterdir()
    (package / "migrations").mkdir(exist_ok=True)
    written = package / "migrations" / "20260101_long.py"
    written.write_text(f'"""A change."""\n\nCHECK = "{"x" * 200}"\n')
    try:
        ruff = [sys.executable, "-m", "ruff", "check", "--no-cache", str(written)]
        done = subprocess.run(ruff, cwd=project, capture_output=True, text=True, check=False)
    finally:
        written.unlink()

    assert done.returncode == 0, done.stdout


def test_nothing_of_jinja_is_left(project: Path) -> None:
    found = [path for path, text in texts_of(project) if JINJA.search(LEGEND.sub("", text))]

    assert not found


def test_no_name_of_the_template_is_left(project: Path) -> None:
    found = [path for path, text in texts_of(project) if "package_name" in text]

    assert found == [".copier-answers.yml"]


def test_a_wsgi_project_has_nothing_async(stack: Stack, project: Path) -> None:
    found = {
        f"{path}:{token.start[0]}: {token.string}"
        for path, text in code_of(project)
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.NAME and token.string in ("async", "await", "asyncio")
    }

    assert bool(found) == ("asgi" in stack.id), found


def test_a_wsgi_project_depends_on_nothing_async(stack: Stack, project: Path) -> None:
    asyncs = re.compile(r"asyncio|aiosqlite|asyncpg|fastapi|starlette")
    spec = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))

    required = [*spec["project"]["dependencies"], *spec["dependency-groups"]["dev"]]

    assert any(asyncs.search(line) for line in required) == ("asgi" in stack.id), required


@pytest.mark.parametrize("command", [["format", "--check"], ["check"]], ids=lambda c: c[0])
def test_ruff_has_nothing_to_say(project: Path, command: list[str]) -> None:
    ruff = [sys.executable, "-m", "ruff", *command, "--no-cache", "."]

    done = subprocess.run(ruff, cwd=project, capture_output=True, text=True, check=False)

    assert not done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("schema", "file", "transform"),
    [
        ("vendor.compose-spec", "deploy/compose.yaml", ()),
        ("vendor.github-workflows", ".github/workflows/ci.yml", ()),
        ("vendor.github-workflows", ".github/workflows/performance.yml", ()),
        ("vendor.gitlab-ci", ".gitlab-ci.yml", ("--data-transform", "gitlab-ci")),
    ],
    ids=["compose", "github", "github-scheduled", "gitlab"],
)
def test_configuration_follows_its_schema(
    rendered: Callable[[Stack], Path], schema: str, file: str, transform: tuple[str, ...]
) -> None:
    files = [path for stack in STACKS if (path := rendered(stack) / file).exists()]
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *transform]

    done = subprocess.run([*command, *files], capture_output=True, text=True, check=False)

    assert files
    assert not done.returncode, done.stdout + done.stderr


def test_links_lead_to_files(project: Path) -> None:
    links = [(page, link) for page in pages_of(project) for link in LINK.findall(page.read_text())]

    assert links
    assert not [link for page, link in links if not (page.parent / link).exists()]


def test_commands_of_the_pages_come_with_the_project(project: Path) -> None:
    """Whether the project's own subcommands exist is seen where it is installed."""
    spec = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))
    packages = [re.split(r"[\[<>=]", line)[0] for line in spec["dependency-groups"]["dev"]]
    known = {
        "python",
        *spec["project"]["scripts"],
        *(COMMANDS_OF.get(name, name) for name in packages),
    }

    named = {name for page in pages_of(project) for name in COMMAND.findall(page.read_text())}

    assert named
    assert not named - known


def test_answers_are_kept_for_the_next_update(stack: Stack, project: Path) -> None:
    kept = yaml.safe_load((project / ".copier-answers.yml").read_text("utf-8"))

    assert stack.answers == {question: kept[question] for question in stack.answers}
    assert set(read_questions()) <= set(kept)
