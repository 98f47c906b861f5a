"""Where a server can come from, tried in order: the program of a wheel, or one of this machine.

Containers are the third source, see `docker.py`.
"""

import contextlib
import importlib.util
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from hotpath_services.account import Account
from hotpath_services.process import Home
from hotpath_services.service import ServerKind, ServiceError

Started = TypeVar("Started")


class Unavailable(Exception):
    """This source has no server to give; the next one is tried."""


@dataclass(frozen=True)
class Program:
    """A server program that the account can run."""

    path: Path
    source: str


def first_available(kind: ServerKind, sources: Iterable[Callable[[], Started]]) -> Started:
    """Return what the first source that has something gives.

    Raises:
        ServiceError: names all that was tried and how to get a server.
    """
    reasons = []
    for source in sources:
        try:
            return source()
        except Unavailable as reason:
            reasons.append(str(reason))
    raise ServiceError(
        f"{kind.name} cannot be started: {'; '.join(reasons)}. "
        f"`uv sync` installs {kind.wheel}, which is all it takes."
    )


def find_program(kind: ServerKind, account: Account, home: Home) -> Program:
    """Return the wheel's program, copied to the home if out of the account's reach, or a local one.

    Raises:
        Unavailable: there is none that runs.
    """
    for program in _programs(kind, account, home):
        if account.can_run(program.path):
            return program
    names = " or ".join(kind.program_names)
    raise Unavailable(f"no wheel {kind.wheel} that runs here is installed; no {names} on PATH")


def wheel_program(kind: ServerKind | type[ServerKind]) -> Path | None:
    """Return the program in the service's wheel, found without importing it."""
    package = _wheel_package(kind)
    return next(package.glob(kind.wheel_program), None) if package else None


def _programs(kind: ServerKind, account: Account, home: Home) -> Iterator[Program]:
    if program := wheel_program(kind):
        yield Program(program, "wheel")
        if account.is_another:
            copies = _copies(kind, program, account, home.programs)
            yield from (Program(copy, "wheel") for copy in copies)
    for program in kind.local_programs():
        yield Program(program, "local")


def _wheel_package(kind: ServerKind | type[ServerKind]) -> Path | None:
    spec = importlib.util.find_spec(_module_of(kind))
    folders = spec.submodule_search_locations if spec else None
    return Path(folders[0]) if folders else None


def _module_of(kind: ServerKind | type[ServerKind]) -> str:
    return kind.wheel.replace("-", "_")


def _copies(kind: ServerKind, program: Path, account: Account, folder: Path) -> Iterator[Path]:
    """Yield the program from a folder that the account can enter: linked, then really copied.

    The wheel's folders stay side by side: programs find their libraries by relative paths. Links
    take a twentieth of the time, but only within a filesystem, and they keep all permissions.
    """
    module = _module_of(kind)
    site = next(parent for parent in program.parents if parent.name == module).parent
    trees = [tree for tree in (site / module, site / f"{module}.libs") if tree.is_dir()]
    copy = folder / program.relative_to(site)
    with contextlib.suppress(OSError):
        _copy(trees, folder, os.link)
        yield copy
    _copy(trees, folder, shutil.copy2)
    account.give(folder)
    yield copy


def _copy(trees: Iterable[Path], folder: Path, copy_file: Callable[[str, str], object]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for tree in trees:
        shutil.copytree(tree, folder / tree.name, copy_function=copy_file)
