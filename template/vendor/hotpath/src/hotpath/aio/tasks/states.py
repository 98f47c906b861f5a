"""Reading and writing task states."""

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

from pydantic import JsonValue
from sqlalchemy import ColumnElement, delete, func, select, update

from hotpath.aio.db.bulk import Keys, walk
from hotpath.aio.db.database import Database
from hotpath.aio.side_by_side import for_each
from hotpath.db.models import utc_now
from hotpath.db.sql import is_in
from hotpath.tasks.model import TaskOut, TaskRow

CHUNKS_AT_ONCE = 2
"""Deleted side by side; PostgreSQL gains 8 to 28 % with two, SQLite has one writer at a time."""
_ERROR_LENGTH = 500


async def create_state(db: Database, name: str) -> str:
    """Write a queued task and return its id. Cost: 1 transaction."""
    task_id = uuid4().hex
    async with db.writing() as session:
        session.add(TaskRow(id=task_id, name=name))
    return task_id


async def read_state(db: Database, task_id: str) -> TaskOut | None:
    """Return the state of a task; None when there is no such task."""
    async with db.reading() as session:
        row = await session.get(TaskRow, task_id)
        return None if row is None else TaskOut.model_validate(row)


async def start_state(db: Database, task_id: str) -> bool:
    """Mark a task as running; False when it was finished before, so that it runs once."""
    unfinished = TaskRow.finished_at.is_(None)
    statement = update(TaskRow).where(TaskRow.id == task_id, unfinished).values(state="running")
    async with db.writing() as session:
        changed = await session.execute(statement.returning(TaskRow.id))
        return changed.first() is not None


async def finish_state(db: Database, task_id: str, result: JsonValue) -> None:
    """Mark a task as succeeded."""
    await _end(db, task_id, state="succeeded", result=result)


async def fail_state(db: Database, task_id: str, error: Exception) -> None:
    """Mark a task as failed, with what went wrong."""
    text = _storable(f"{type(error).__name__}: {error}")
    await _end(db, task_id, state="failed", error=text[:_ERROR_LENGTH])


async def count_states(db: Database, before: datetime) -> int:
    """Return how many states `purge_states` would delete. Cost: 1 query on an index."""
    old = select(func.count()).select_from(TaskRow).where(*_is_purged(before))
    async with db.reading() as session:
        return await session.scalar(old) or 0


async def purge_states(db: Database, before: datetime, on_deleted: Callable[[int], object]) -> None:
    """Delete the states of tasks that were submitted before that time and have ended.

    What was deleted stays so when this is interrupted; the next call does the rest.

    Args:
        db: Where they are.
        before: Younger ones stay; so do tasks that wait or run, or they would never be done.
        on_deleted: Called after each chunk with the number of states that are gone.
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


def _storable(text: str) -> str:
    """Replace what a database cannot keep in a text: NUL and halves of characters."""
    return text.replace("\0", "?").encode(errors="replace").decode()


async def _end(db: Database, task_id: str, **values: JsonValue) -> None:
    statement = update(TaskRow).where(TaskRow.id == task_id)
    async with db.writing() as session:
        await session.execute(statement.values(finished_at=utc_now(), **values))
