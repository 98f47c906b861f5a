"""Reading and writing task states."""

from datetime import timedelta
from uuid import uuid4

from pydantic import JsonValue
from sqlalchemy import delete, update

from ..db.models import utc_now
from ..db.session import Database
from .model import TaskRow
from .schemas import TaskOut

_ERROR_LENGTH = 500


def create_state(db: Database, name: str) -> str:
    """Write a queued task and return its id. Cost: 1 transaction."""
    task_id = uuid4().hex
    with db.writing() as session:
        session.add(TaskRow(id=task_id, name=name))
    return task_id


def read_state(db: Database, task_id: str) -> TaskOut | None:
    """Return the state of a task; None when there is no such task."""
    with db.reading() as session:
        row = session.get(TaskRow, task_id)
        return None if row is None else TaskOut.model_validate(row)


def start_state(db: Database, task_id: str) -> bool:
    """Mark a task as running; False when it was finished before, so that it runs once."""
    unfinished = TaskRow.finished_at.is_(None)
    statement = update(TaskRow).where(TaskRow.id == task_id, unfinished).values(state="running")
    with db.writing() as session:
        changed = session.execute(statement.returning(TaskRow.id))
        return changed.first() is not None


def finish_state(db: Database, task_id: str, result: JsonValue) -> None:
    """Mark a task as succeeded."""
    _end(db, task_id, state="succeeded", result=result)


def fail_state(db: Database, task_id: str, error: Exception) -> None:
    """Mark a task as failed, with what went wrong."""
    text = _storable(f"{type(error).__name__}: {error}")
    _end(db, task_id, state="failed", error=text[:_ERROR_LENGTH])


def purge_states(db: Database, older_than: timedelta) -> int:
    """Delete states of tasks that were submitted longer ago; return how many."""
    old = delete(TaskRow).where(TaskRow.created_at < utc_now() - older_than)
    with db.writing() as session:
        gone = session.execute(old.returning(TaskRow.id))
        return len(gone.all())


def _storable(text: str) -> str:
    """Replace what a database cannot keep in a text: NUL and halves of characters."""
    return text.replace("\0", "?").encode(errors="replace").decode()


def _end(db: Database, task_id: str, **values: JsonValue) -> None:
    statement = update(TaskRow).where(TaskRow.id == task_id)
    with db.writing() as session:
        session.execute(statement.values(finished_at=utc_now(), **values))
