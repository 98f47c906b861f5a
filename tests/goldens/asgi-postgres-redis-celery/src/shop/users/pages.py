"""Users a page at a time."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..cache.cache import Cache
from ..cache.cached import cached
from ..db.paging import Cursors
from ..db.session import Database
from ..posts.keys import POSTS
from ..posts.service import latest_posts
from .encoding import checked_page, encode_page
from .keys import USERS
from .places import cursor_after, start_of
from .queries import count_of_users, page_of_users
from .schemas import UserListQuery

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
