"""New rows of tasks."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from hotpath.db.models import utc_now
from hotpath.tasks.model import KEY_LENGTH
from hotpath.tasks.priority import Priority
from hotpath.tasks.task import Task


def new_row(  # noqa: PLR0913 - columns by name
    task: Task[Any],
    payload: Any,
    *,
    priority: Priority | None = None,
    sent_in_s: float,
    is_sent: bool,
    delay_s: float = 0.0,
    key: str | None = None,
    context: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the row of a task.

    Args:
        task: What it is.
        payload: What it gets.
        priority: None for that of the task.
        sent_in_s: Seconds until the relay hands it over.
        is_sent: Whether it is handed over before that, once it is committed.
        delay_s: Seconds until it may run.
        key: Of all tasks with this name and key there is one.
        context: Headers of the request.
    Raises:
        InvalidPayload: the payload is not what the task takes.
        ValueError: the key is empty or too long.
    """
    if key is not None and not 1 <= len(key) <= KEY_LENGTH:
        raise ValueError(f"a key has from 1 to {KEY_LENGTH} characters")
    now = utc_now()
    return {
        "id": uuid4().hex,
        "name": task.name,
        "state": "queued",
        "payload": task.dump(payload),
        "priority": int(task.priority if priority is None else priority),
        "key": key,
        "context": dict(context) if context else None,
        "attempts": 0,
        "is_sent": is_sent,
        "ready_at": now + timedelta(seconds=delay_s),
        "due_at": now + timedelta(seconds=sent_in_s),
        "created_at": now,
    }


def periodic_row(task: Task[Any], now: datetime) -> tuple[dict[str, Any], datetime]:
    """Return the row of a periodic task for the period that `now` is in, and the end of that.

    Its key is the start of the period, so that all processes together insert it once.
    """
    assert task.every is not None  # noqa: S101 - who calls this has looked
    period_s = task.every.total_seconds()
    start_s = now.timestamp() // period_s * period_s
    start = datetime.fromtimestamp(start_s, UTC)
    row = new_row(task, None, sent_in_s=0, is_sent=False, key=start.isoformat())
    return row, start + task.every
