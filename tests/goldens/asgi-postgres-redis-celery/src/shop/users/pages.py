"""Users in numbers: a page at a time, and the whole table as a stream."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from hotpath.aio.cache.cache import Cache
from hotpath.aio.cache.decorator import cached
from hotpath.aio.db.database import Database
from hotpath.aio.db.sessions import stream_rows
from hotpath.db.keyset import Cursors

from ..posts.service import POSTS, latest_posts
from .encoding import checked_page, encode_all, encode_page
from .queries import all_users, count_of_users, cursor_after, page_of_users, start_of
from .schemas import ExportFormat, UserListQuery
from .service import USERS

User = Mapping[str, Any]


async def read_page(db: Database, cache: Cache, cursors: Cursors, query: UserListQuery) -> bytes:
    """Return one page as JSON; the first one, which most people see, through the cache.

    Raises:
        InvalidCursor: the cursor is not one of this list in this order.
    """
    if query.cursor is None and query.created_after is None:
        return await _first_page(cache, db, cursors, query)
    return await load_page(db, cursors, query)


async def load_page(db: Database, cursors: Cursors, query: UserListQuery) -> bytes:
    """Return one page. Cost: 1 query, 1 more for `count`, 1 more for `include=posts`.

    Raises:
        InvalidCursor: the cursor is not one of this list in this order.
    """
    rows = await db.fetch(*page_of_users(query, start_of(cursors, query)))
    users = checked_page(rows[: query.limit])
    next_cursor = None
    if len(rows) > query.limit:
        next_cursor = cursor_after(cursors, query, users[-1]["id"], users[-1]["created_at"])
    total = (await db.fetch(*count_of_users(query)))[0][0] if query.count else None
    items = await _with_posts(db, users) if query.include else users
    return encode_page(items, next_cursor, total)


_first_page = cached(bytes, name="users_page", ignore=["db", "cursors"], tags=(USERS, POSTS))(
    load_page
)


async def _with_posts(db: Database, users: Sequence[User]) -> Sequence[User]:
    async with db.reading() as session:
        posts_by_user = await latest_posts(session, [user["id"] for user in users])
    return [
        {**user, "posts": [post.model_dump() for post in posts_by_user[user["id"]]]}
        for user in users
    ]


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


MEDIA_TYPES: Mapping[ExportFormat, str] = {
    "ndjson": "application/x-ndjson",
    "json": "application/json",
}
"""The media type of each format."""

_USER = {"$ref": "#/components/schemas/UserOut"}


def export_responses() -> dict[Any, Any]:
    """Describe an export, for OpenAPI: NDJSON has a user a line, JSON all of them in one array."""
    content = {
        MEDIA_TYPES["ndjson"]: {"schema": _USER},
        MEDIA_TYPES["json"]: {"schema": {"type": "array", "items": _USER}},
    }
    return {200: {"description": "All users", "content": content}}
