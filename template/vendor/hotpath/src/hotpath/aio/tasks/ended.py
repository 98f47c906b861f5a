"""Tasks that have ended: those that failed, to be run again, and old ones, to be deleted."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, select, update

from hotpath.aio.db.bulk import Keys, walk
from hotpath.aio.db.database import Database
from hotpath.aio.side_by_side import for_each
from hotpath.aio.tasks.states import ready_again
from hotpath.db.sql import is_in
from hotpath.tasks.model import TaskRow

CHUNKS_AT_ONCE = 2
"""Deleted side by side; PostgreSQL gains 8 to 28 % with two, SQLite has one writer at a time."""


async def list_failed(db: Database, most: int, name: str | None = None) -> list[TaskRow]:
    """Return the tasks that failed or were lost last, of one name or all."""
    chosen = select(TaskRow).where(_has_failed(name))
    failed = chosen.order_by(TaskRow.finished_at.desc()).limit(most)
    async with db.reading() as session:
        return list((await session.scalars(failed)).all())


async def retry_failed(
    db: Database, ids: Sequence[str] | None, name: str | None = None
) -> list[str]:
    """Have failed and lost tasks run again; return their ids.

    Args:
        db: Where they are.
        ids: Of those; None for all.
        name: Of those; None for all.
    """
    chosen = _has_failed(name) if ids is None else and_(_has_failed(name), is_in(TaskRow.id, ids))
    again = (
        update(TaskRow)
        .where(chosen)
        .values(**ready_again(0), attempts=0, error=None, finished_at=None)
    )
    async with db.writing() as session:
        return list((await session.scalars(again.returning(TaskRow.id))).all())


async def count_states(db: Database, before: datetime) -> int:
    """Return how many states `purge_states` would delete. Cost: 1 query on an index."""
    old = select(func.count()).select_from(TaskRow).where(*_is_purged(before))
    async with db.reading() as session:
        return await session.scalar(old) or 0


async def purge_states(db: Database, before: datetime, on_deleted: Callable[[int], object]) -> None:
    """Delete the tasks that were enqueued before that time and have ended.

    What was deleted stays so when this is interrupted; the next call does the rest.

    Args:
        db: Where they are.
        before: Younger ones stay; so do tasks that wait or run, or they would never be done.
        on_deleted: Called after each chunk with the number of tasks that are gone.
    Cost: 2 statements and 1 short transaction a chunk; memory for a few chunks.
    """

    async def delete_chunk(chunk: Keys) -> None:
        ids = [row.id for row in chunk]
        old = delete(TaskRow).where(is_in(TaskRow.id, ids), *_is_purged(before))
        async with db.writing() as session:
            gone = (await session.scalars(old.returning(TaskRow.id))).all()
        on_deleted(len(gone))

    old = select(TaskRow).where(*_is_purged(before))
    await for_each(walk(db, old, (TaskRow.created_at, TaskRow.id)), delete_chunk, CHUNKS_AT_ONCE)


def _is_purged(before: datetime) -> tuple[ColumnElement[bool], ...]:
    return TaskRow.created_at < before, TaskRow.finished_at.is_not(None)


def _has_failed(name: str | None) -> ColumnElement[bool]:
    has_failed = TaskRow.state.in_(["failed", "lost"])
    return has_failed if name is None else and_(has_failed, TaskRow.name == name)
