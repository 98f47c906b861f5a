"""The page that says how to remove the example, followed word by word."""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import reduce
from pathlib import Path

import pytest
from installs import importable
from stacks import Stack, corner

pytestmark = pytest.mark.projects

DEFAULT_CORNER = corner(
    example=True, interface="asgi", database="sqlite", cache="memory", tasks="none"
)
PAGE = "docs/remove-the-example.md"
BLOCK = re.compile(r"(?P<before>[^\n]*)\n\n```(?P<kind>\w+)\n(?P<text>.*?)```", re.DOTALL)
RUN = {"uv run shop": f"{sys.executable} -m shop", "uv run": f"{sys.executable} -m"}
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
    environment = importable(project, "shop", tmp_path)

    def run(line: str) -> None:
        done = subprocess.run(
            line,
            shell=True,
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not done.returncode, f"{line}\n{done.stdout}{done.stderr}"

    run(f"{sys.executable} -m shop db upgrade")
    for block in BLOCK.finditer((project / PAGE).read_text("utf-8")):
        follow(block, project, run)
    for check in CHECKS:
        run(f"{sys.executable} -m {check}")

    assert not (project / "src" / "shop" / "users").exists()


def follow(block: re.Match[str], project: Path, run: Callable[[str], None]) -> None:
    """Run the lines of a block, or edit or write the file that it is about."""
    before, text = block["before"], block["text"]
    if block["kind"] == "sh":
        for line in text.splitlines():
            run(reduce(lambda words, each: words.replace(*each), RUN.items(), line))
        return
    name = re.match(r"(?:In )?`([^`]+)`", before)
    assert name, before
    file = project / name[1]
    if before.startswith("In "):
        file.write_text(edited(file.read_text("utf-8"), text), "utf-8")
    else:
        assert file.exists() != before.endswith("is new:"), before
        file.write_text(text, "utf-8")


def edited(source: str, block: str) -> str:
    """Return a module with the assignments of a block in place of its own, and its imports."""
    given = ast.parse(block).body
    new = {name: ast.get_source_segment(block, node) or "" for name, node in assigned(given)}
    imports = [ast.unparse(node) for node in given if isinstance(node, ast.ImportFrom)]
    body = ast.parse(source).body
    lines = source.splitlines()
    for name, node in reversed([*assigned(body)]):
        if name in new:
            lines[node.lineno - 1 : node.end_lineno] = [new.pop(name)]
    assert not new, f"the page names what the module does not have: {new}"
    at = body[0].end_lineno or 0
    lines[at:at] = ["", *imports]
    return "\n".join(lines) + "\n"


def assigned(body: list[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    """Yield names and statements that assign to them."""
    for node in body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        for target in targets:
            if isinstance(target, ast.Name):
                yield target.id, node
