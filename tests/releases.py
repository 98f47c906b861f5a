"""A template with tagged versions, and projects in git that are made from it and updated."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import copier
import yaml

IDENTITY = ("-c", "user.name=Tester", "-c", "user.email=tester@example.com")


class Template:
    """A repository of the template; every version is a tag."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        git(folder, "init", "--quiet")
        self.release("1.0.0")

    def release(self, version: str) -> None:
        commit_all(self.folder, version)
        git(self.folder, "tag", version)

    def insert(self, path: str, after: str, line: str) -> None:
        insert(self.folder / path, after, line)

    def copy(self, project: Path, answers: Mapping[str, Any]) -> Path:
        """Make a project with everything committed."""
        copier.run_copy(
            str(self.folder),
            project,
            data=dict(answers),
            defaults=True,
            unsafe=True,
            quiet=True,
            skip_tasks=True,
        )
        git(project, "init", "--quiet")
        commit_all(project, "new")
        return project


def update(project: Path, **answers: Any) -> str:
    """Update to the newest version with changed answers, tasks included; return `git status`."""
    copier.run_update(project, data=answers, defaults=True, overwrite=True, unsafe=True, quiet=True)
    return git(project, "status", "--porcelain")


def answers_of(project: Path) -> dict[str, Any]:
    answers: dict[str, Any] = yaml.safe_load((project / ".copier-answers.yml").read_text("utf-8"))
    return answers


def insert(file: Path, after: str, line: str) -> None:
    """Add a line after the first one that starts with `after`."""
    lines = file.read_text("utf-8").splitlines()
    index = next(index for index, text in enumerate(lines) if text.startswith(after))
    file.write_text("\n".join([*lines[: index + 1], line, *lines[index + 1 :], ""]))


def commit_all(folder: Path, message: str) -> None:
    git(folder, "add", "--all")
    git(folder, *IDENTITY, "commit", "--quiet", "--message", message)


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert not done.returncode, done.stdout + done.stderr
    return done.stdout
