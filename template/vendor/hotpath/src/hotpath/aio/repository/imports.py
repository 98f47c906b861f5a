"""Rows of a file, a JSON object in each line: all are checked, then written in chunks."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from hotpath.aio.concurrency import run_blocking
from hotpath.aio.repository.repository import Repository
from hotpath.aio.resources import Resources

LINES_EACH = 1000
"""Lines of a chunk: one statement."""

MAX_LINE_BYTES = 16_384
"""An array of all rows in one line would fill the memory."""

MAX_LISTED = 20
"""Wrong lines that are named; the others are counted."""

_MAX_FAULT = 200

Lines = Iterator[tuple[int, bytes]]
Report = Callable[[int], object]


class LinesRefused(ValueError):
    """Lines of a file are no rows; nothing was written."""

    def __init__(self, count: int, listed: Sequence[str]) -> None:
        """Take the number of these lines, and what is wrong with the first of them."""
        shown = f", the first {len(listed)} of them listed" if count > len(listed) else ""
        summary = f"wrong lines: {count}{shown}; nothing was written"
        super().__init__("\n".join([*listed, summary]))


class FileChanged(ValueError):
    """A file is not what it was when it was checked."""

    def __init__(self, fault: str) -> None:
        super().__init__(f"the file was changed meanwhile, chunks before it are written: {fault}")


@dataclass
class Chunk:
    """What some lines hold; of two rows with the same unique value only the later one."""

    schema: type[BaseModel]
    unique: str
    row_by_value: dict[Any, dict[str, Any]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    lines: int = 0
    rows: int = 0

    def add(self, number: int, text: bytes) -> None:
        """Add a line; an empty one only counts as such."""
        self.lines += 1
        if not text.strip():
            return
        try:
            row = self._parsed(text).model_dump()
        except ValueError as error:
            self.faults.append(f"line {number}: {_reason(error)}")
        else:
            self.rows += 1
            self.row_by_value[row[self.unique]] = row

    def _parsed(self, text: bytes) -> BaseModel:
        if len(text) > MAX_LINE_BYTES:
            raise ValueError(f"longer than {MAX_LINE_BYTES} bytes")
        return self.schema.model_validate_json(text.decode())


class Import:
    """Adds the rows of a file, and changes those whose unique value is there already."""

    def __init__(self, repository: Repository, schema: type[BaseModel]) -> None:
        """Declare it.

        Args:
            schema: Of a line.
        """
        self._repository = repository
        self._schema = schema

    async def run(
        self, resources: Resources, file: BinaryIO, checked: Report, written: Report
    ) -> int:
        """Import a file.

        Rows are written in the order of the file, a transaction for each chunk, so that what was
        interrupted can be repeated; of two lines with the same unique value the later one wins.

        Args:
            file: Can be read twice.
            checked, written: Called with the byte of the file up to which each of the two is done.
        Returns:
            How many lines had a row.
        Raises:
            LinesRefused: lines are no rows; nothing was written.
            FileChanged: a line that was checked is wrong now; the chunks before it are written.
            DatabaseUnavailable: likewise.
        Cost: 1 statement per chunk; memory for one chunk, whatever the size of the file.
        """
        await self._check(file, checked)
        return await self._write(resources, file, written)

    async def _check(self, file: BinaryIO, report: Report) -> None:
        lines, count = lines_of(file), 0
        listed: list[str] = []
        while (chunk := await run_blocking(self.read_chunk, lines)).lines:
            count += len(chunk.faults)
            listed += chunk.faults[: MAX_LISTED - len(listed)]
            report(file.tell())
        if count:
            raise LinesRefused(count, listed)

    async def _write(self, resources: Resources, file: BinaryIO, report: Report) -> int:
        lines, count = lines_of(file), 0
        while (chunk := await run_blocking(self.read_chunk, lines)).lines:
            if chunk.faults:
                raise FileChanged(chunk.faults[0])
            if chunk.rows:
                await self._repository.upsert_many(resources, list(chunk.row_by_value.values()))
            count += chunk.rows
            report(file.tell())
        return count

    def read_chunk(self, lines: Lines) -> Chunk:
        """Return the next `LINES_EACH` lines; none at the end. Memory: one chunk."""
        chunk = Chunk(self._schema, self._repository.unique[0].key)
        for number, text in islice(lines, LINES_EACH):
            chunk.add(number, text)
        return chunk


def lines_of(file: BinaryIO) -> Lines:
    """Return number and text of each line, from the start of the file.

    Memory: one line, and that no longer than `MAX_LINE_BYTES` and one byte; its rest is skipped.
    """
    file.seek(0)
    return enumerate(_bounded(file), 1)


def _bounded(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(MAX_LINE_BYTES + 1):
        rest = line
        while len(rest) > MAX_LINE_BYTES and not rest.endswith(b"\n"):
            rest = file.readline(MAX_LINE_BYTES + 1)
        yield line


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
