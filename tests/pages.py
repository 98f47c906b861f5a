"""Pages of documentation that tests follow: their blocks of code, run or written."""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from pathlib import Path

from installs import UV, project_environment

BLOCK = re.compile(r"(?P<before>[^\n]*)\n\n```(?P<kind>\w+)\n(?P<text>.*?)```", re.DOTALL)
RUN = {"uv run shop": f"{sys.executable} -m shop", "uv run": f"{sys.executable} -m"}


def follow_page(page: Path, project: Path, run: Callable[[str], None]) -> None:
    """Do what a page of the project says, block by block."""
    for block in BLOCK.finditer(page.read_text("utf-8")):
        follow(block, project, run)


def runner(project: Path, environment: Mapping[str, str]) -> Callable[[str], None]:
    """Return what runs a line in the project with our Python, and fails with what it printed."""
    return _runner(project, environment, RUN)


def installed_runner(project: Path) -> Callable[[str], None]:
    """Return what runs a line in a project that is installed, as its user does."""
    return _runner(project, project_environment(), {"uv run": f"{UV} run --locked"})


def _runner(
    project: Path, environment: Mapping[str, str], words: Mapping[str, str]
) -> Callable[[str], None]:
    def run(line: str) -> None:
        done = subprocess.run(
            reduce(lambda text, each: text.replace(*each), words.items(), line),
            shell=True,
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not done.returncode, f"{line}\n{done.stdout}{done.stderr}"

    return run


def follow(block: re.Match[str], project: Path, run: Callable[[str], None]) -> None:
    """Run the lines of a block, or edit or write the file that it is about."""
    before, text = block["before"], block["text"]
    if block["kind"] == "sh":
        for line in text.splitlines():
            run(line)
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
