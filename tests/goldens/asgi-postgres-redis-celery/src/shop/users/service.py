"""What can be done with users; knows no HTTP."""

from functools import partial
from typing import NamedTuple

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ..cache.cache import Cache
from ..db.lookups import Lookups
from ..db.session import Database
from .encoding import encode_user
from .errors import EmailTaken, UserNotFound
from .keys import USER, user_key
from .lookups import user_by_id
from .model import User
from .queries import NEW_USER
from .schemas import UserCreate, UserOut, UserUpdate


class CreatedUser(NamedTuple):
    """A new user, and the same as JSON."""

    id: int
    body: bytes


async def create_user(lookups: Lookups, cache: Cache, new: UserCreate) -> CreatedUser:
    """Add a user.

    Raises:
        EmailTaken: another user has the address.
    Cost: a share of one statement with all that are added at the moment.
    """
    row = await NEW_USER.insert(lookups, vars(new))
    if row is None:
        raise EmailTaken(new.email)
    await cache.invalidate_entity(USER, row[0])  # its absence may have been kept
    return CreatedUser(row[0], encode_user(*row))


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
