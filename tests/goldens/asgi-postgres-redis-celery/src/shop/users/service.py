"""What can be done with users; knows no HTTP."""

from collections.abc import Sequence
from functools import partial

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ..cache.cache import Cache
from ..db.lookups import Lookups
from ..db.paging import Cursors
from ..db.session import Database
from ..posts.service import latest_posts
from .errors import EmailTaken, UserNotFound
from .lookups import user_by_id
from .model import User
from .places import cursor_after, start_of
from .queries import count_of_users, page_of_users
from .schemas import UserCreate, UserListQuery, UserOut, UserPage, UserUpdate, UserWithPosts


def user_key(user_id: int) -> str:
    """Return the cache key of a user."""
    return f"user:{user_id}"


async def create_user(db: Database, cache: Cache, new: UserCreate) -> UserOut:
    """Add a user.

    Raises:
        EmailTaken: another user has the address.
    """
    user = User(**new.model_dump())
    try:
        async with db.writing() as session:
            session.add(user)
    except IntegrityError as error:
        raise EmailTaken(new.email) from error
    await cache.invalidate(user_key(user.id))  # its absence may have been kept
    return UserOut.model_validate(user)


async def read_user(lookups: Lookups, cache: Cache, user_id: int) -> bytes:
    """Return a user as JSON, through the cache.

    Raises:
        UserNotFound: there is none; this too is kept for a while.
    Cost: a hit in the cache, or a share of one query with all misses of the moment.
    """
    load = partial(lookups.get, user_by_id, user_id)
    body = await cache.get_or_load(user_key(user_id), load)
    if body is None:
        raise UserNotFound(user_id)
    return body


async def update_user(db: Database, cache: Cache, user_id: int, changes: UserUpdate) -> UserOut:
    """Change the fields that were given.

    Raises:
        UserNotFound: there is none.
        EmailTaken: another user has the address.
    """
    values = changes.model_dump(exclude_unset=True)
    statement = update(User).where(User.id == user_id).values(**values).returning(User)
    try:
        async with db.writing() as session:
            user = (await session.scalars(statement)).one_or_none()
    except IntegrityError as error:
        raise EmailTaken(changes.email) from error
    if user is None:
        raise UserNotFound(user_id)
    await cache.invalidate(user_key(user_id))
    return UserOut.model_validate(user)


async def delete_user(db: Database, cache: Cache, user_id: int) -> None:
    """Delete a user and their posts.

    Raises:
        UserNotFound: there is none.
    """
    statement = delete(User).where(User.id == user_id).returning(User.id)
    async with db.writing() as session:
        gone = (await session.scalars(statement)).one_or_none()
    if gone is None:
        raise UserNotFound(user_id)
    await cache.invalidate(user_key(user_id))


async def require_user(session: AsyncSession, user_id: int) -> User:
    """Return the user.

    Raises:
        UserNotFound: there is none.
    """
    user = await session.get(User, user_id)
    if user is None:
        raise UserNotFound(user_id)
    return user


async def list_users(db: Database, cursors: Cursors, query: UserListQuery) -> UserPage:
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
