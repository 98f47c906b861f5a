"""Where a new project lies: what its closing message has to say of the repository around it."""

from __future__ import annotations

from pathlib import Path, PurePath

from jinja2 import Environment
from jinja2.ext import Extension


class Surroundings(Extension):
    """Offers `folder_in_repository` to the messages of `copier.yml`."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.filters["folder_in_repository"] = folder_in_repository


def folder_in_repository(project: PurePath) -> str:
    """Return the project's path in the repository that it is a part of; "" if it is a whole one."""
    path = Path(project).resolve()
    for folder in (path, *path.parents):
        if (folder / ".git").exists():  # a file in a submodule or worktree
            return "" if folder == path else path.relative_to(folder).as_posix()
    return ""
