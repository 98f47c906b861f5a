"""The table of tasks, the same in every stack: what waits, what runs, and how all else ended."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, Field, JsonValue
from sqlalchemy import JSON, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hotpath.db.models import EngineBase, UtcDateTime, utc_now

TASK_ID = "^[0-9a-f]{32}$"
KEY_LENGTH = 200


class TaskRow(EngineBase):
    """One task, from when it is enqueued until it is purged."""

    __tablename__ = "tasks"
    __table_args__ = (
        UniqueConstraint("name", "key"),
        Index("ix_tasks_state_due_at", "state", "due_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(20), default="queued")
    payload: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    priority: Mapped[int] = mapped_column(default=1)
    key: Mapped[str | None] = mapped_column(String(KEY_LENGTH))
    context: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    """Headers of the request that enqueued it: its id, and its trace."""

    attempts: Mapped[int] = mapped_column(default=0)
    """How often it was started."""

    owner: Mapped[str | None] = mapped_column(String(64))
    """The process that runs it."""

    is_sent: Mapped[bool] = mapped_column(default=False)
    """Whether it was handed to the broker, or to the queue of a process."""

    ready_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    """When it may run at the earliest, for the first time or again."""

    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When to look after it: to send it, for the first time or again, or to find its process dead.
    None once it has ended."""

    result: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    error: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Message(NamedTuple):
    """A task that is to be run."""

    task_id: str
    name: str
    priority: int


class KnownTasks(NamedTuple):
    """The tasks that a process knows, by name."""

    names: Sequence[str]
    once: Sequence[str]
    """Those of them that must not run again when their process died."""


class ClaimedTask(NamedTuple):
    """A task that this process runs."""

    task_id: str
    name: str
    payload: JsonValue
    attempts: int
    context: dict[str, str] | None


class TaskNotFound(LookupError):
    """No task has this id, or it was purged."""

    def __init__(self, task_id: str) -> None:
        super().__init__(f"task {task_id} does not exist")


class QueueUnavailable(Exception):
    """The queue is full; trying again later may work."""


class InvalidPayload(ValueError):
    """The payload is not of the type that the task declares."""


class TaskAccepted(BaseModel):
    """A task was taken and will run."""

    task_id: str


class TaskOut(BaseModel, from_attributes=True, populate_by_name=True):
    """A task's state, and its result once it has one."""

    task_id: str = Field(validation_alias="id")
    name: str
    state: Literal["queued", "running", "succeeded", "failed", "lost"]
    result: JsonValue
    error: str | None
    created_at: datetime
    finished_at: datetime | None


class TasksReport(BaseModel):
    """How the tasks of a service are doing; None is what cannot be told now."""

    workers: int | None
    """Processes that take tasks: this one, or the workers of Celery."""

    waiting: int | None
    """Tasks that could run and do not yet; counted up to `MAX_COUNTED`."""

    oldest_s: float | None
    """Seconds since the first of them could run."""


class WaitingTasks(BaseModel):
    """Tasks of one name that could run and do not yet."""

    name: str
    queue: str | None
    """None if no feature has such a task, so that nobody runs it."""

    waiting: int
    oldest_s: float
    """Seconds since the first of them could run."""


MAX_COUNTED = 10_000
