"""Metrics of several processes in one folder: a file for each, and one for all that ended.

What ended processes have counted stays counted. Whoever reads, and every process that starts, moves
it into the archive and deletes their files, so that there are never many.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from time import time

from hotpath.observability.shared_values import (
    SUFFIX,
    SharedValues,
    is_alive,
    read_values,
    write_values,
)

FOLDER_VARIABLE = "HOTPATH_METRICS_FOLDER"
"""The environment variable by which the processes of one server know their folder."""

CUMULATIVE, GAUGE, STATE = b"+", b"~", b"^"
"""What a key starts with: the value of a service is the sum over all processes there were, the sum
over those that live, or the maximum over those that live."""

_ARCHIVED = b"#"
"""What the key starts with that names the files in the archive."""
_ARCHIVE = "archive"
_MERGING = "merging"
_READS = 10
_STARTS_WITHIN_S = 60.0

Totals = dict[bytes, list[float]]


class NoTemporaryFolder(OSError):
    """There is no folder for temporary files that can be written to."""


@contextmanager
def shared_metrics() -> Iterator[Path]:
    """Let the processes started inside share their metrics, by files in a temporary folder.

    Raises:
        NoTemporaryFolder: none can be made; one process needs none.
    """
    pid, folder = os.getpid(), _temporary_folder()
    os.environ[FOLDER_VARIABLE] = folder
    try:
        yield Path(folder)
    finally:
        if os.getpid() == pid:  # and not a worker of gunicorn, which leaves by here too
            del os.environ[FOLDER_VARIABLE]
            rmtree(folder, ignore_errors=True)


def _temporary_folder() -> str:
    try:
        return mkdtemp(prefix="metrics-")
    except OSError as error:
        raise NoTemporaryFolder(
            f"No folder for temporary files can be made ({error.strerror}), by which several "
            "processes, or one and its port of metrics, share them: set TMPDIR to one that can be "
            "written to, such as /dev/shm, or run one process without such a port."
        ) from None


def shared_folder() -> Path | None:
    """Return the folder of this server; None in a process that shares nothing."""
    folder = os.environ.get(FOLDER_VARIABLE)
    return None if folder is None else Path(folder)


def open_shared_values(folder: Path) -> SharedValues:
    """Return the file of this process.

    Raises:
        OSError: the disk is full, it cannot be written to, or another user has made it.
    """
    folder.mkdir(0o700, exist_ok=True)  # something may have emptied the folder for temporary files
    if folder.stat(follow_symlinks=False).st_uid != os.geteuid():
        raise PermissionError(f"{folder} is of another user")
    values = SharedValues(folder)
    archive_ended(folder)
    return values


def read_totals(folder: Path) -> Totals:
    """Return the values of all processes together, by key.

    Cost: 0.1 ms per process with 50 routes.
    """
    archive_ended(folder)
    for _ in range(_READS):
        version = _version(folder / _ARCHIVE)
        totals = _read_once(folder)
        # Files that were archived meanwhile were read neither here nor there.
        if version == _version(folder / _ARCHIVE):
            break
    return totals


def archive_ended(folder: Path) -> None:
    """Move what ended processes have counted into the archive, and delete their files.

    The archive names the files that are in it: whoever finds both reads only the archive, also
    after a process was killed in between. Does nothing while another process does it.
    """
    if all(map(is_alive, _files(folder))):
        return
    with _merging(folder) as is_first:
        if not is_first:
            return
        ended = [file for file in _files(folder) if not is_alive(file)]
        totals, archived = _read_archive(folder)
        for file in ended:
            if file.name not in archived:
                _add(totals, _cumulative(file))
        names = "\n".join(file.name for file in ended)
        write_values(folder / _ARCHIVE, {**totals, _ARCHIVED + names.encode(): ()})
        for file in ended:
            file.unlink(missing_ok=True)
        _delete_unfinished(folder)


@contextmanager
def _merging(folder: Path) -> Iterator[bool]:
    """Yield whether this process alone may change the archive."""
    descriptor = os.open(folder / _MERGING, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(descriptor)


def _delete_unfinished(folder: Path) -> None:
    """Delete what processes left that were killed while they made their file."""
    for file in folder.glob("*-*.new"):
        with suppress(FileNotFoundError):
            if time() - file.stat().st_mtime > _STARTS_WITHIN_S:
                file.unlink()


def _read_once(folder: Path) -> Totals:
    totals, archived = _read_archive(folder)
    for file in _files(folder):
        if file.name not in archived:
            _add(totals, read_values(file) if is_alive(file) else _cumulative(file))
    return totals


def _read_archive(folder: Path) -> tuple[Totals, set[str]]:
    totals: Totals = {}
    archived: set[str] = set()
    for key, values in read_values(folder / _ARCHIVE):
        if key.startswith(_ARCHIVED):
            archived.update(key.removeprefix(_ARCHIVED).decode().split("\n"))
        else:
            totals[key] = [*values]
    return totals, archived


def _cumulative(file: Path) -> Iterator[tuple[bytes, tuple[float, ...]]]:
    return (each for each in read_values(file) if each[0].startswith(CUMULATIVE))


def _add(totals: Totals, rows: Iterable[tuple[bytes, tuple[float, ...]]]) -> None:
    for key, values in rows:
        known = totals.get(key)
        if known is None:
            totals[key] = [*values]
        elif key.startswith(STATE):
            totals[key] = [max(pair) for pair in zip(known, values, strict=True)]
        else:
            totals[key] = [sum(pair) for pair in zip(known, values, strict=True)]


def _files(folder: Path) -> list[Path]:
    return [*folder.glob(f"*{SUFFIX}")]


def _version(archive: Path) -> tuple[int, int]:
    try:
        status = archive.stat()
    except FileNotFoundError:
        return 0, 0
    return status.st_ino, status.st_mtime_ns
