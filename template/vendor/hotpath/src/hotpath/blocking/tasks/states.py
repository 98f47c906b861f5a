# Generated from hotpath/aio/tasks/states.py by extensions/blocking.py; do not edit.
"""Reading and writing the rows of tasks. Every change is one short transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Update, and_, func, or_, select, update
from sqlalchemy.orm import Session

from hotpath.blocking.db.database import Database
from hotpath.db.models import utc_now
from hotpath.db.sql import Dialect, is_in
from hotpath.observability.logs import without_values
from hotpath.tasks.model import MAX_COUNTED, ClaimedTask, KnownTasks, Message, TaskOut, TaskRow

_ERROR_LENGTH = 500


def insert_tasks(
    session: Session, sql: Dialect, rows: Sequence[Mapping[str, Any]]
) -> list[str | None]:
    """Insert tasks; return the id of each, or None for one whose name and key are there already.

    Cost: 1 statement for those without a key, and 1 for each with one.
    """
    keyless = [row for row in rows if row["key"] is None]
    if keyless:
        session.execute(sql.Insert(TaskRow), keyless)
    inserted = {row["id"] for row in keyless}
    for row in rows:
        if row["key"] is not None:
            new = sql.Insert(TaskRow).values(row)
            once = new.on_conflict_do_nothing(index_elements=["name", "key"])
            inserted.add(session.scalar(once.returning(TaskRow.id)))
    return [row["id"] if row["id"] in inserted else None for row in rows]


def find_task(session: Session, name: str, key: str) -> str | None:
    """Return the id of the task with this name and key."""
    found = select(TaskRow.id).where(TaskRow.name == name, TaskRow.key == key)
    task_id: str | None = session.scalar(found)
    return task_id


def read_state(db: Database, task_id: str) -> TaskOut | None:
    """Return the state of a task; None when there is no such task."""
    with db.reading() as session:
        row = session.get(TaskRow, task_id)
        return None if row is None else TaskOut.model_validate(row)


def claim_task(db: Database, task_id: str, owner: str, lease_s: float) -> ClaimedTask | None:
    """Make a task that waits run in this process; None if another one does, or it has ended."""
    statement = (
        update(TaskRow)
        .where(TaskRow.id == task_id, TaskRow.state == "queued")
        .values(state="running", owner=owner, due_at=_in(lease_s), attempts=TaskRow.attempts + 1)
        .returning(TaskRow.id, TaskRow.name, TaskRow.payload, TaskRow.attempts, TaskRow.context)
    )
    with db.writing() as session:
        row = session.execute(statement).first()
    return None if row is None else ClaimedTask(*row)


def renew_leases(db: Database, owner: str, lease_s: float) -> None:
    """Say that this process lives, and with it the tasks that it runs."""
    running = update(TaskRow).where(TaskRow.owner == owner, TaskRow.state == "running")
    with db.writing() as session:
        session.execute(running.values(due_at=_in(lease_s)))


def finish_task(db: Database, claimed: ClaimedTask, owner: str, result: JsonValue) -> bool:
    """Mark a task as succeeded; False if it is no longer this process' own."""
    values = {"state": "succeeded", "result": result, "error": None, **_ended()}
    return _leave(db, claimed, owner, values)


def fail_task(db: Database, claimed: ClaimedTask, owner: str, error: BaseException) -> bool:
    """Mark a task as failed for good, with what went wrong; False if it is no longer ours."""
    values = {"state": "failed", "error": _shown(error), **_ended()}
    return _leave(db, claimed, owner, values)


def retry_task(
    db: Database, claimed: ClaimedTask, owner: str, error: BaseException, wait_s: float
) -> bool:
    """Have a task run again after a while; False if it is no longer ours."""
    values = {**ready_again(wait_s), "error": _shown(error)}
    return _leave(db, claimed, owner, values)


def release_tasks(db: Database, owner: str) -> None:
    """Have the tasks that this process runs run elsewhere, at once."""
    running = update(TaskRow).where(TaskRow.owner == owner, TaskRow.state == "running")
    with db.writing() as session:
        session.execute(running.values(ready_again(0)))


def lose_tasks(
    db: Database, names: Sequence[str], owner: str | None = None
) -> list[tuple[str, str]]:
    """Mark tasks as lost that must not run again, and whose process died; return ids and names.

    Args:
        db: Where they are.
        names: Of tasks that must not run again.
        owner: A process that stops, whose tasks are lost though it lives.
    """
    is_over = TaskRow.due_at <= utc_now() if owner is None else TaskRow.owner == owner
    error = f"the process that ran it {'died' if owner is None else 'was stopped'}"
    lost = (
        update(TaskRow)
        .where(TaskRow.state == "running", is_over, TaskRow.name.in_(names))
        .values(state="lost", error=error, **_ended())
    )
    with db.writing() as session:
        rows = session.execute(lost.returning(TaskRow.id, TaskRow.name))
        return [(row.id, row.name) for row in rows]


def has_due(db: Database, *, sent_before: datetime | None, known: KnownTasks | None = None) -> bool:
    """Tell whether `take_due` would take something. Cost: 1 query on an index."""
    with db.reading() as session:
        due = select(TaskRow.id).where(_is_due(sent_before, known)).limit(1)
        return session.scalar(due) is not None


def take_due(
    db: Database,
    most: int,
    resend_s: float,
    *,
    sent_before: datetime | None,
    known: KnownTasks | None = None,
) -> list[Message]:
    """Take tasks that are due, to hand them over; nobody else takes the same ones meanwhile.

    Args:
        db: Where they are.
        most: Tasks to take.
        resend_s: Seconds until one is due again if it is not started.
        sent_before: Those that were handed over, and should have been started by then, are taken
            too: who had them is gone. None if they may still wait there.
        known: Tasks that this process knows; None for all. Others are left to those that do,
            which may be of the next version.
    Cost: 2 statements.
    """
    due = (
        select(TaskRow.id, TaskRow.name, TaskRow.priority)
        .where(_is_due(sent_before, known))
        .order_by(TaskRow.priority, TaskRow.due_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    with db.writing() as session:
        found = session.execute(due).all()
        sent = _queued_again(resend_s) | {"is_sent": True}
        taken = update(TaskRow).where(is_in(TaskRow.id, [row.id for row in found]))
        session.execute(taken.values(sent))
    return [Message(*row) for row in found]


def unsend_tasks(db: Database, ids: Sequence[str], wait_s: float) -> None:
    """Have tasks that could not be handed over be due again after a while."""
    unsent = update(TaskRow).where(is_in(TaskRow.id, ids), TaskRow.state == "queued")
    with db.writing() as session:
        session.execute(unsent.values(is_sent=False, due_at=_in(wait_s)))


def count_waiting(db: Database, resend_s: float) -> tuple[int, datetime | None]:
    """Return how many tasks could run and do not, up to `MAX_COUNTED`, and since when the first.

    Args:
        db: Where they are.
        resend_s: See `take_due`; those that are due later are delayed, and not looked at.
    """
    waiting = select(TaskRow.ready_at).where(*_is_ready(resend_s))
    first = waiting.order_by(TaskRow.due_at).limit(MAX_COUNTED).subquery()
    with db.reading() as session:
        oldest = func.min(first.c.ready_at, type_=TaskRow.ready_at.type)
        row = session.execute(select(func.count(), oldest).select_from(first)).one()
        return row[0], row[1]


def count_waiting_by_name(db: Database, resend_s: float) -> list[tuple[str, int, datetime]]:
    """Return names, how many tasks of each could run and do not, and since when the first.

    Cost: 1 query that reads each of them; for people who ask, not for probes.
    """
    count, since = func.count(), func.min(TaskRow.ready_at, type_=TaskRow.ready_at.type)
    by_name = select(TaskRow.name, count, since).where(*_is_ready(resend_s)).group_by(TaskRow.name)
    with db.reading() as session:
        rows = session.execute(by_name.order_by(TaskRow.name))
        return [(row[0], row[1], row[2]) for row in rows]


def _is_ready(resend_s: float) -> tuple[ColumnElement[bool], ...]:
    is_soon = TaskRow.due_at <= _in(resend_s)
    return TaskRow.state == "queued", is_soon, TaskRow.ready_at <= utc_now()


def _is_due(sent_before: datetime | None, known: KnownTasks | None) -> ColumnElement[bool]:
    """Tell whether a task waits that nobody has, or one runs in a process that died."""
    has_nobody: ColumnElement[bool] = TaskRow.is_sent.is_(False)
    if sent_before is not None:
        has_nobody |= TaskRow.due_at <= sent_before
    waits = and_(TaskRow.state == "queued", has_nobody)
    died: ColumnElement[bool] = TaskRow.state == "running"
    if known is not None:
        waits &= TaskRow.name.in_(known.names)
        died &= TaskRow.name.in_({*known.names} - {*known.once})
    return and_(or_(waits, died), TaskRow.due_at <= utc_now())


def ready_again(wait_s: float) -> dict[str, Any]:
    """Return the columns of a task that is to run again in so many seconds."""
    return {**_queued_again(wait_s), "ready_at": _in(wait_s)}


def _queued_again(wait_s: float) -> dict[str, Any]:
    return {"state": "queued", "owner": None, "is_sent": False, "due_at": _in(wait_s)}


def _ended() -> dict[str, Any]:
    return {"finished_at": utc_now(), "due_at": None, "owner": None}


def _in(seconds: float) -> datetime:
    return utc_now() + timedelta(seconds=seconds)


def _shown(error: BaseException) -> str:
    """Return an error as a database can keep it and a client may see it: without NUL, halves of
    characters, and values that libraries put into messages."""
    text = without_values(f"{type(error).__name__}: {error}").replace("\0", "?")
    return text.encode(errors="replace").decode()[:_ERROR_LENGTH]


def _leave(db: Database, claimed: ClaimedTask, owner: str, values: Mapping[str, Any]) -> bool:
    own: Update = update(TaskRow).where(
        TaskRow.id == claimed.task_id,
        TaskRow.owner == owner,
        TaskRow.attempts == claimed.attempts,  # one that was given up may run here again
        TaskRow.state == "running",
    )
    with db.writing() as session:
        changed = session.execute(own.values(values).returning(TaskRow.id))
        return changed.first() is not None
