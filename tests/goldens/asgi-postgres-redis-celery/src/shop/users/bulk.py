"""Many users at once, all or nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ..cache.cache import Cache
from ..concurrency import run_blocking
from ..db.arrays import is_in
from ..db.bulk import update_rows
from ..db.models import utc_now
from ..db.session import Database
from .errors import EmailsRepeated, EmailsTaken, IdsRepeated
from .keys import USER
from .model import User
from .queries import NEW_USERS
from .rows import NewUsers, UserChanges, UsersInserted, UsersUpdated

Rows = Sequence[Mapping[str, Any]]


async def create_users(db: Database, cache: Cache, new: NewUsers) -> UsersInserted:
    """Add users.

    Raises:
        EmailsRepeated: an address is given twice.
        EmailsTaken: another user has an address; nobody was added.
    Cost: 1 statement, 1 more to find the addresses that are taken; memory for all rows.
    """
    rows = await run_blocking(_given_once, new)
    try:
        ids = await NEW_USERS.insert(db, rows, created_at=utc_now())
    except IntegrityError as error:
        raise EmailsTaken(_rows_with(rows, await _taken_emails(db, rows))) from error
    await cache.invalidate_entity(USER, *ids)  # as in `create_user`
    return UsersInserted(inserted=len(ids))


async def update_users(db: Database, cache: Cache, changes: UserChanges) -> UsersUpdated:
    """Change the fields that were given of each user.

    Raises:
        IdsRepeated: a user is named twice.
        EmailsRepeated: an address is given twice.
        EmailsTaken: another user has an address; nobody was changed.
    Cost: 1 statement, 1 more to find the addresses that are taken; memory for all rows.
    """
    rows = await run_blocking(_changed_once, changes)
    try:
        async with db.writing() as session:
            found = await update_rows(session, User, rows)
    except IntegrityError as error:
        raise EmailsTaken(_rows_with(rows, await _taken_emails(db, rows))) from error
    await cache.invalidate_entity(USER, *found)
    missing = [row["id"] for row in rows if row["id"] not in found]
    return UsersUpdated(updated=len(found), missing=missing)


def _given_once(new: NewUsers) -> Rows:
    rows = [vars(user) for user in new.root]  # plain fields: a dump takes ten times as long
    if repeated := _repeated(rows, "email"):
        raise EmailsRepeated(repeated)
    return rows


def _changed_once(changes: UserChanges) -> Rows:
    rows = [change.model_dump(exclude_unset=True) for change in changes.root]
    if repeated := _repeated(rows, "id"):
        raise IdsRepeated(repeated)
    if repeated := _repeated(rows, "email"):
        raise EmailsRepeated(repeated)
    return rows


def _repeated(rows: Rows, field: str) -> dict[int, Any]:
    """Return position → value of the rows with a value that a row before them has."""
    seen, repeated = set(), {}
    for position, row in enumerate(rows):
        value = row.get(field)
        if value in seen:
            repeated[position] = value
        elif value is not None:
            seen.add(value)
    return repeated


def _rows_with(rows: Rows, emails: set[str]) -> dict[int, str]:
    """Return position → address of the rows with one of the addresses."""
    return {at: row["email"] for at, row in enumerate(rows) if row.get("email") in emails}


async def _taken_emails(db: Database, rows: Rows) -> set[str]:
    """Return the addresses that rows want and other users have."""
    wanted = {row["email"]: row.get("id") for row in rows if "email" in row}
    statement = select(User.email, User.id).where(is_in(User.email, list(wanted)))
    async with db.reading() as session:
        found = (await session.execute(statement)).all()
    return {email for email, user_id in found if wanted[email] != user_id}
