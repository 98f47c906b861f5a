"""Users a page at a time."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from ..cache.cache import Cache
from ..cache.cached import cached
from ..db.paging import Cursors
from ..db.session import Database
from ..posts.keys import POSTS
from ..posts.service import latest_posts
from .keys import USERS
from .model import User
from .places import cursor_after, start_of
from .queries import count_of_users, page_of_users
from .schemas import UserListQuery, UserOut, UserPage, UserWithPosts


async def read_page(db: Database, cache: Cache, cursors: Cursors, query: UserListQuery) -> bytes:
    """Return one page as JSON; the first one, which most people see, through the cache.

    Raises:
        InvalidCursor: the cursor is not one of this list in this order.
    """
    if query.cursor is None and query.created_after is None:
        return await _first_page(cache, db, cursors, query)
    return await _encoded_page(db, cursors, query)


async def _encoded_page(db: Database, cursors: Cursors, query: UserListQuery) -> bytes:
    page = await load_page(db, cursors, query)
    return page.model_dump_json().encode()


_first_page = cached(bytes, name="users_page", ignore=["db", "cursors"], tags=(USERS, POSTS))(
    _encoded_page
)


async def load_page(db: Database, cursors: Cursors, query: UserListQuery) -> UserPage:
    """Return one page. Cost: 1 query, 1 more for `count`, 1 more for `include=posts`.

    Raises:
        InvalidCursor: the cursor is not one of this list in this order.
    """
    last = start_of(cursors, query)
    async with db.reading() as session:
        found = (await session.scalars(page_of_users(query, last))).all()
        total = await session.scalar(count_of_users(query)) if query.count else None
        users = found[: query.limit]
        items = await _with_posts(session, users) if query.include else _plain(users)
    has_more = len(found) > query.limit
    next_cursor = cursor_after(cursors, query, users[-1]) if has_more else None
    return UserPage(items=items, next_cursor=next_cursor, total=total)


def _plain(users: Sequence[User]) -> list[UserWithPosts | UserOut]:
    return [UserOut.model_validate(user) for user in users]


async def _with_posts(
    session: AsyncSession, users: Sequence[User]
) -> list[UserWithPosts | UserOut]:
    posts_by_user = await latest_posts(session, [user.id for user in users])
    return [
        UserWithPosts(**user.model_dump(), posts=posts_by_user[user.id]) for user in _plain(users)
    ]
