"""All rows of a repository as one stream: NDJSON, a row a line, or one JSON array."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from hotpath.aio.db.database import Database
from hotpath.aio.db.sessions import stream_rows
from hotpath.aio.repository.repository import Repository
from hotpath.schemas import ExportFormat

ROWS_EACH = 500
"""Rows of a piece: 70 kB of text, and a few milliseconds of work between two waits."""

Rows = Sequence[Any]
Encode = Callable[[Rows], list[bytes]]


@dataclass(frozen=True)
class _Layout:
    """How rows become one text."""

    start: bytes
    between: bytes
    after: bytes
    end: bytes

    def text_of(self, rows: list[bytes]) -> bytes:
        return self.between.join([*rows, b""]) if self.after else self.between.join(rows)


_LAYOUTS: Mapping[ExportFormat, _Layout] = {
    "ndjson": _Layout(b"", b"\n", b"\n", b""),
    "json": _Layout(b"[", b",", b"", b"]"),
}


async def export(
    repository: Repository, db: Database, layout: ExportFormat
) -> AsyncGenerator[bytes]:
    """Return the pieces of an export in the order of keys; close it, as it holds a connection.

    The first rows are there when this returns. A piece may be empty.

    Raises:
        DatabaseUnavailable: there was no connection; taking a piece: it was lost on the way.
    Cost: 1 query, read as fast as the pieces are taken; memory for one piece.
    """
    encoder = repository.encoder
    rows = stream_rows(db, select(*encoder.columns).order_by(repository.key), ROWS_EACH)
    pieces = _pieces(rows, encoder.encode_all, _LAYOUTS[layout])
    await pieces.asend(None)
    return pieces


async def _pieces(
    parts: AsyncGenerator[Rows], encode: Encode, layout: _Layout
) -> AsyncGenerator[bytes]:
    async with aclosing(parts):
        first = await parts.asend(None)
        yield b""  # a generator is only sure to be closed once it was started: that is now
        yield layout.start + layout.text_of(encode(first))
        separator = b"" if layout.after else layout.between
        async for part in parts:
            yield separator + layout.text_of(encode(part))
    yield layout.end
