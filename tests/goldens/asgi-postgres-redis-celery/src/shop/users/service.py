"""What can be done with a user, and figures of all; knows no HTTP."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import NamedTuple

from hotpath.aio.cache.cache import Cache
from hotpath.aio.cache.decorator import cached
from hotpath.aio.db.batching import BatchedInsert, Loader, Loaders
from hotpath.aio.db.database import Database
from hotpath.db.models import utc_now
from hotpath.db.sql import age_in_days
from pydantic import BaseModel
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from .encoding import encode_row, encode_user
from .errors import EmailTaken, UserNotFound
from .model import User
from .queries import users_with_ids
from .schemas import STATUSES, Status, UserCreate, UserOut, UserUpdate

USER = "user"
USERS = "users"
"""The tag of answers that any user may be in."""


def user_key(user_id: int) -> str:
    """Return the key of a user's body: `key_of(USER, user_id)`, in a tenth of its time."""
    return f"{USER}:{user_id}"


def register_users(cache: Cache) -> None:
    """Tell the cache what a user is in."""
    cache.register(USER, lambda user_id: [user_key(user_id)], tags=(USERS,))


async def _load_users(db: Database, user_ids: Sequence[int]) -> Mapping[int, bytes | Exception]:
    rows = await db.fetch(*users_with_ids(user_ids))
    return {row[0]: encode_row(row) for row in rows}


NEW_USER = BatchedInsert("create_user", User, User.email)
"""Inserts single users, those of one moment together."""

user_by_id: Loader[int, bytes] = Loader("user_by_id", _load_users)
"""A user as JSON."""


class CreatedUser(NamedTuple):
    """A new user, and the same as JSON."""

    id: int
    body: bytes


async def create_user(loaders: Loaders, cache: Cache, new: UserCreate) -> CreatedUser:
    """Add a user.

    Raises:
        EmailTaken: another user has the address.
    Cost: a share of one statement with all that are added at the moment.
    """
    row = await NEW_USER.insert(loaders, vars(new))
    if row is None:
        raise EmailTaken(new.email)
    await cache.invalidate_entity(USER, row[0])  # its absence may have been kept
    return CreatedUser(row[0], encode_user(*row))


async def read_user(loaders: Loaders, cache: Cache, user_id: int) -> bytes:
    """Return a user as JSON, through the cache.

    Raises:
        UserNotFound: there is none; this too is kept for a while.
    Cost: a hit in the cache, or a share of one query with all misses of the moment.
    """
    load = partial(loaders.get, user_by_id, user_id)
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
    await cache.invalidate_entity(USER, user_id)
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
    await cache.invalidate_entity(USER, user_id)


async def require_user(session: AsyncSession, user_id: int) -> User:
    """Return the user.

    Raises:
        UserNotFound: there is none.
    """
    user = await session.get(User, user_id)
    if user is None:
        raise UserNotFound(user_id)
    return user


class StatusStats(BaseModel, frozen=True):
    """Users with one status; no age when there are none."""

    status: Status
    count: int
    average_age_days: float | None


class UserStats(BaseModel, frozen=True):
    """Users by status."""

    items: list[StatusStats]


@cached(
    UserStats,
    name="user_stats",
    ignore=["db"],
    stale=timedelta(seconds=10),
    tags=(USERS,),
    is_expensive=True,
)
async def read_stats(db: Database) -> UserStats:
    """Count users by status and average their age. Cost: 1 aggregate query over the table."""
    async with db.reading() as session:
        return await stats_in(session)


async def stats_in(session: AsyncSession) -> UserStats:
    """Return the figures as a transaction sees them."""
    age = func.avg(age_in_days(User.created_at, utc_now()))
    statement = select(User.status, func.count(), age).group_by(User.status)
    rows = await session.execute(statement)
    found = {status: (count, days) for status, count, days in rows}
    return UserStats(items=[_stats(status, *found.get(status, (0, None))) for status in STATUSES])


def _stats(status: Status, count: int, days: float | None) -> StatusStats:
    return StatusStats(status=status, count=count, average_age_days=days)
