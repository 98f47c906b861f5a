"""Odd settings: what a command says of wrong ones, and that it does nothing before."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hotpath.settings import ServiceSettings
from hotpath.testing.workspace import Workspace

from .shop import SERVICE, invoke

SECRET = "swordfish"


def settings_of(folder: Path, **settings: object) -> ServiceSettings:
    """Return what is read in a folder, with nothing set besides."""
    read: ServiceSettings = (
        Workspace.in_folder(SERVICE, folder).with_settings(**settings).settings()
    )
    return read


def refusal(place: Workspace, *words: str) -> str:
    """Return what a command says that refuses its settings; it does and shows nothing else."""
    before = files_of(place.folder)
    with pytest.MonkeyPatch.context() as patch:
        place.enter(patch)
        result = invoke(*(words or ("db", "upgrade")))

    assert (result.exit_code, result.stdout) == (1, "")
    assert isinstance(result.exception, SystemExit)
    assert SECRET not in result.stderr
    assert files_of(place.folder) == before
    return result.stderr.removesuffix("\n")


def refused(folder: Path, **settings: object) -> str:
    """Return the one sentence that is said of these settings."""
    said = refusal(Workspace.in_folder(SERVICE, folder).with_settings(**settings))
    assert len(said.splitlines()) == 1
    return said


def files_of(folder: Path) -> Sequence[tuple[Path, bytes | None]]:
    """Return everything in a folder, with what is in the files."""
    paths = sorted(folder.rglob("*"))
    return [(path, path.read_bytes() if path.is_file() else None) for path in paths]
