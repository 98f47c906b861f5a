"""Users as lines of a file, each a JSON object as `POST /users` takes it; knows no database."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from .schemas import UserCreate

LINES_EACH = 1000
"""Lines of a chunk: 70 kB of users, one statement."""

MAX_LINE_BYTES = 16_384
"""Ten times the longest user; an array of all users in one line would fill the memory."""

_MAX_FAULT = 200

Lines = Iterator[tuple[int, bytes]]


@dataclass
class Chunk:
    """What some lines hold; of two users with the same address only the later one."""

    row_by_email: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    lines: int = 0
    users: int = 0

    def add(self, number: int, text: bytes) -> None:
        """Add a line; an empty one only counts as such."""
        self.lines += 1
        if not text.strip():
            return
        try:
            user = _parsed(text)
        except ValueError as error:
            self.faults.append(f"line {number}: {_reason(error)}")
        else:
            self.users += 1
            self.row_by_email[user.email] = user.model_dump()


def lines_of(file: BinaryIO) -> Lines:
    """Return number and text of each line, from the start of the file.

    Memory: one line, and that no longer than `MAX_LINE_BYTES` and one byte; its rest is skipped.
    """
    file.seek(0)
    return enumerate(_bounded(file), 1)


def read_chunk(lines: Lines) -> Chunk:
    """Return the next `LINES_EACH` lines; none at the end. Memory: one chunk."""
    chunk = Chunk()
    for number, text in islice(lines, LINES_EACH):
        chunk.add(number, text)
    return chunk


def _bounded(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(MAX_LINE_BYTES + 1):
        rest = line
        while len(rest) > MAX_LINE_BYTES and not rest.endswith(b"\n"):
            rest = file.readline(MAX_LINE_BYTES + 1)
        yield line


def _parsed(text: bytes) -> UserCreate:
    if len(text) > MAX_LINE_BYTES:
        raise ValueError(f"longer than {MAX_LINE_BYTES} bytes")
    return UserCreate.model_validate_json(text.decode())


def _reason(error: ValueError) -> str:
    match error:
        case UnicodeDecodeError():
            return "not UTF-8"
        case ValidationError():
            faults = "; ".join(map(_fault, error.errors()))
            # Names of unknown fields are anything at all, and go to a terminal.
            return "".join(each if each.isprintable() else "?" for each in faults[:_MAX_FAULT])
    return str(error)


def _fault(fault: ErrorDetails) -> str:
    if not fault["loc"]:
        return "not a JSON object"
    return f"{fault['loc'][0]}: {fault['msg'].removeprefix('Value error, ')}"
