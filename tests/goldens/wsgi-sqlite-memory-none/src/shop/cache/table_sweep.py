"""Walks over the tables of answers, to forget what matches a pattern or drop what has ended."""

from collections.abc import Callable

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from ..db.chunks import walk
from ..db.session import Database
from .model import EntryRow, TagRow
from .table_names import ESCAPE, like_of, matches
from .table_statements import Model, drop_ended, forget_keys


def sweep(db: Database, pattern: str) -> None:
    """Forget the keys that match. Cost: 1 query and 1 short transaction a chunk."""
    found = select(EntryRow).where(EntryRow.key.like(like_of(pattern), escape=ESCAPE))
    for chunk in walk(db, found, (EntryRow.key,)):
        keys = [row.key for row in chunk if matches(pattern, row.key)]
        with db.writing() as session:
            session.execute(forget_keys(keys))


def count_ended(db: Database, now: float) -> int:
    """Return how many rows `purge_ended` would delete. Cost: 2 queries on indices."""
    count = 0
    with db.reading() as session:
        for model in (EntryRow, TagRow):
            ended = select(func.count()).select_from(model).where(model.ends_at <= now)
            count += session.scalar(ended) or 0
    return count


def purge_ended(db: Database, now: float, on_deleted: Callable[[int], object]) -> None:
    """Delete answers, leases and stamps that ended before `now`, seconds since the epoch.

    Args:
        db: Where they are.
        now: What ends later stays.
        on_deleted: Called after each chunk with the number of rows that are gone.
    Cost: 1 query and 1 short transaction a chunk; memory for one chunk.
    """
    _purge(db, EntryRow, EntryRow.key, now, on_deleted)
    _purge(db, TagRow, TagRow.tag, now, on_deleted)


def _purge(
    db: Database,
    model: Model,
    name: InstrumentedAttribute[str],
    now: float,
    on_deleted: Callable[[int], object],
) -> None:
    ended = select(model).where(model.ends_at <= now)
    for chunk in walk(db, ended, (model.ends_at, name)):
        gone = drop_ended(model, [row[1] for row in chunk], now)
        with db.writing() as session:
            rows = session.scalars(gone).all()
        on_deleted(len(rows))
