"""Many users at once: from one request, all or none, and from a file, a chunk at a time."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, BinaryIO

from hotpath.aio.cache.cache import Cache
from hotpath.aio.concurrency import run_blocking
from hotpath.aio.db.batching import BulkInsert
from hotpath.aio.db.bulk import update_rows, upsert_rows
from hotpath.aio.db.database import Database
from hotpath.db.models import utc_now
from hotpath.db.sql import is_in
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from .errors import EmailsRepeated, EmailsTaken, FileChanged, IdsRepeated, LinesRefused
from .lines import Chunk, lines_of, read_chunk
from .model import User
from .schemas import NewUsers, UserChanges, UsersInserted, UsersUpdated
from .service import USER

Rows = Sequence[Mapping[str, Any]]

NEW_USERS = BulkInsert(User, [User.email, User.name, User.status], shared=[User.created_at])
"""Inserts users, all or none."""


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


MAX_LISTED = 20
"""Wrong lines that are named; the others are counted."""

Report = Callable[[int], object]


async def import_users(
    db: Database, cache: Cache, file: BinaryIO, checked: Report, written: Report
) -> int:
    """Add the users of a file, and change those whose address is there already.

    They are written in the order of the file, a transaction for each chunk, so that what was
    interrupted can be repeated; of two lines with the same address the later one wins.

    Args:
        file: Can be read twice.
        checked, written: Told to which byte of the file each of the two is done.
    Returns:
        How many lines had a user.
    Raises:
        LinesRefused: lines are no users; nothing was written.
        FileChanged: a line that was checked is wrong now; the chunks before it are written.
        DatabaseUnavailable: likewise.
    Cost: 1 statement per chunk; memory for one chunk, whatever the size of the file.
    """
    await _check(file, checked)
    return await _write(db, cache, file, written)


async def _check(file: BinaryIO, report: Report) -> None:
    lines, count = lines_of(file), 0
    listed: list[str] = []
    while (chunk := await run_blocking(read_chunk, lines)).lines:
        count += len(chunk.faults)
        listed += chunk.faults[: MAX_LISTED - len(listed)]
        report(file.tell())
    if count:
        raise LinesRefused(count, listed)


async def _write(db: Database, cache: Cache, file: BinaryIO, report: Report) -> int:
    lines, count = lines_of(file), 0
    while (chunk := await run_blocking(read_chunk, lines)).lines:
        if chunk.faults:
            raise FileChanged(chunk.faults[0])
        if chunk.users:
            await _upsert(db, cache, chunk)
        count += chunk.users
        report(file.tell())
    return count


async def _upsert(db: Database, cache: Cache, chunk: Chunk) -> None:
    rows = list(chunk.row_by_email.values())
    async with db.writing() as session:
        id_by_email = await upsert_rows(session, User, rows, User.email)
    await cache.invalidate_entity(USER, *id_by_email.values())  # as in `create_user`
