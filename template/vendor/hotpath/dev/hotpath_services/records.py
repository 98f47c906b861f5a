"""What is written below `.dev/`: what runs where, and the URLs for the settings to read."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

FOLDER = ".dev"


@dataclass(frozen=True)
class Record:
    """The last known place of one service; whether it lives, its home's lock tells."""

    variables: dict[str, str] = field(repr=False)
    url: str = field(repr=False)
    port: int
    source: str
    pid: int | None


@contextlib.contextmanager
def exclusive(project: Path) -> Iterator[Path]:
    """Make `.dev/`, invisible to git, and keep other commands out of it meanwhile."""
    folder = project / FOLDER
    folder.mkdir(exist_ok=True)
    (folder / ".gitignore").write_text("*\n")
    with (folder / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def read_records(folder: Path) -> dict[str, Record]:
    """Return the record of each service by its name."""
    try:
        entries = json.loads((folder / "services.json").read_text())
    except FileNotFoundError:
        return {}
    return {name: Record(**entry) for name, entry in entries.items()}


def write_records(folder: Path, records: Mapping[str, Record]) -> None:
    """Write all records, those of stopped services too: a service keeps its port."""
    entries = {name: asdict(record) for name, record in records.items()}
    _replace(folder / "services.json", json.dumps(entries, indent=2) + "\n")


def write_variables(folder: Path, records: Mapping[str, Record]) -> None:
    """Write the URLs of running services to `services.env`; without any, remove it."""
    path = folder / "services.env"
    if not records:
        path.unlink(missing_ok=True)
        return
    pairs = [pair for record in records.values() for pair in record.variables.items()]
    _replace(path, "".join(f"{name}={url}\n" for name, url in pairs))


def _replace(path: Path, text: str) -> None:
    """Write in one step, and for nobody else to read: URLs may hold passwords."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)
