"""Generate `hotpath.blocking`, the sync half of the engine, from `hotpath.aio`.

`python extensions/blocking.py` writes the files, `--check` names those that differ. Needs only the
standard library. What differs by more than `async` is in `HAND_WRITTEN`, and is left alone.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from conversion import ConversionError, convert

ENGINE = Path(__file__).resolve().parent.parent / "template" / "vendor" / "hotpath" / "src"
HAND_WRITTEN = frozenset(
    {
        "concurrency.py",
        "dataloader.py",
        "db/drivers/postgres.py",
        "db/drivers/psycopg_pq.py",  # it has no counterpart: only psycopg needs it
        "db/drivers/sqlite.py",
        "db/sessions.py",
        "http_client/sockets.py",  # it has no counterpart: urllib3 needs it
        "http_client/transport.py",
        "resource_pool.py",
        "side_by_side.py",
        "tasks/in_process.py",
    }
)
"""Files of `hotpath/blocking` that are not generated."""
MARK = "# Generated from hotpath/aio/"
HEADER = MARK + "{path} by extensions/blocking.py; do not edit.\n"


class Change(NamedTuple):
    """A file of `hotpath/blocking` that is not as it should be: new text, or None to remove it."""

    path: Path
    text: str | None


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, fail on a difference")
    is_check: bool = parser.parse_args().check
    problems: list[str] = []
    changes = list(find_changes(problems))
    for path, text in changes:
        if is_check:
            what = "is stale" if text is None else "is not what hotpath/aio converts to"
            problems.append(f"{_shown(path)} {what}: run python extensions/blocking.py.")
        else:
            _write(path, text)
    sys.stderr.writelines(f"{problem}\n" for problem in problems)
    return 1 if problems else 0


def find_changes(problems: list[str], engine: Path = ENGINE) -> Iterator[Change]:
    """Yield what to write and remove; add a sentence to `problems` for each file that cannot be.

    Args:
        problems: Where to add them.
        engine: The folder that holds the package `hotpath`.
    """
    source, target = engine / "hotpath" / "aio", engine / "hotpath" / "blocking"
    sources = _python_files(source) - HAND_WRITTEN
    for name in sorted(sources):
        path = target / name
        try:
            text = generated(name, (source / name).read_text("utf-8"))
        except ConversionError as error:
            problems.append(f"{_shown(source / name)}:{error.line}: {error}.")
        else:
            if not path.is_file() or path.read_text("utf-8") != text:
                yield Change(path, text)
    files = _python_files(target)
    problems += [f"{_shown(target / name)} is missing." for name in sorted(HAND_WRITTEN - files)]
    for name in sorted(files - HAND_WRITTEN - sources):
        if (target / name).read_text("utf-8").startswith(MARK):
            yield Change(target / name, None)
        else:
            problems.append(f"{_shown(target / name)} is not in HAND_WRITTEN, nor in hotpath/aio.")


def generated(name: str, text: str) -> str:
    """Return the file of `hotpath/blocking` for the file of `hotpath/aio` with this path and text.

    Raises:
        ConversionError: it cannot be converted.
    """
    return HEADER.format(path=name) + convert(text, True, "hotpath")


def _python_files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.py")}


def _shown(path: Path) -> str:
    return os.path.relpath(path)


def _write(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink()
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="\n")


if __name__ == "__main__":
    sys.exit(main())
