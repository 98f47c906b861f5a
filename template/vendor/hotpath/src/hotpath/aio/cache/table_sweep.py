"""Walks over the tables of L3, to delete what matches a pattern or is expired."""

from collections.abc import Callable

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from hotpath.aio.db.bulk import walk
from hotpath.aio.db.database import Database
from hotpath.cache.tables import (
    ESCAPE,
    EntryRow,
    Model,
    TagRow,
    delete_expired,
    delete_keys,
    like_of,
    matches,
)


async def sweep(db: Database, pattern: str) -> None:
    """Delete the keys that match. Cost: 1 query and 1 short transaction a chunk."""
    found = select(EntryRow).where(EntryRow.key.like(like_of(pattern), escape=ESCAPE))
    async for chunk in walk(db, found, (EntryRow.key,)):
        keys = [row.key for row in chunk if matches(pattern, row.key)]
        async with db.writing() as session:
            await session.execute(delete_keys(keys))


async def count_expired(db: Database, now: float) -> int:
    """Return how many rows `purge_expired` would delete. Cost: 2 queries on indices."""
    count = 0
    async with db.reading() as session:
        for model in (EntryRow, TagRow):
            expired = select(func.count()).select_from(model).where(model.ends_at <= now)
            count += await session.scalar(expired) or 0
    return count


async def purge_expired(db: Database, now: float, on_deleted: Callable[[int], object]) -> None:
    """Delete values, leases and stamps that expired before `now`, seconds since the epoch.

    Args:
        db: Where they are.
        now: What expires later stays.
        on_deleted: Called after each chunk with the number of rows it deleted.
    Cost: 1 query and 1 short transaction a chunk; memory for one chunk.
    """
    await _purge(db, EntryRow, EntryRow.key, now, on_deleted)
    await _purge(db, TagRow, TagRow.tag, now, on_deleted)


async def _purge(
    db: Database,
    model: Model,
    name: InstrumentedAttribute[str],
    now: float,
    on_deleted: Callable[[int], object],
) -> None:
    expired = select(model).where(model.ends_at <= now)
    async for chunk in walk(db, expired, (model.ends_at, name)):
        statement = delete_expired(model, [row[1] for row in chunk], now)
        async with db.writing() as session:
            rows = (await session.scalars(statement)).all()
        on_deleted(len(rows))
