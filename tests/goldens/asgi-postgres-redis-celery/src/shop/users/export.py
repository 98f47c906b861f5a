"""The whole table of users as text, a piece at a time."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from ..db.session import Database
from ..db.streaming import stream_rows
from .encoding import encode_all
from .queries import all_users
from .schemas import ExportFormat

ROWS_EACH = 500
"""Rows of a piece: 70 kB of text, and a few milliseconds of work between two waits."""

Rows = Sequence[Any]


@dataclass(frozen=True)
class _Layout:
    """How rows become one text."""

    start: bytes
    between: bytes
    end: bytes
    text_of: Callable[[Rows], bytes]


async def export_users(db: Database, layout: ExportFormat) -> AsyncGenerator[bytes]:
    """Return the pieces of an export in the order of ids; close it, as it holds a connection.

    The first rows are there when this returns. A piece may be empty.

    Raises:
        DatabaseUnavailable: there was no connection; taking a piece: it was lost on the way.
    Cost: 1 query, read as fast as the pieces are taken; memory for one piece.
    """
    pieces = _pieces(stream_rows(db, all_users(), ROWS_EACH), _LAYOUTS[layout])
    await pieces.asend(None)
    return pieces


async def _pieces(parts: AsyncGenerator[Rows], layout: _Layout) -> AsyncGenerator[bytes]:
    async with aclosing(parts):
        first = await parts.asend(None)
        yield b""  # a generator is only sure to be closed once it was started: that is now
        yield layout.start + layout.text_of(first)
        async for part in parts:
            yield layout.between + layout.text_of(part)
    yield layout.end


def _lines(rows: Rows) -> bytes:
    return b"\n".join([*encode_all(rows), b""])


def _items(rows: Rows) -> bytes:
    return b",".join(encode_all(rows))


_LAYOUTS: dict[ExportFormat, _Layout] = {
    "ndjson": _Layout(b"", b"", b"", _lines),
    "json": _Layout(b"[", b",", b"]", _items),
}
