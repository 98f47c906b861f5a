"""The table of task states, the same in every stack: an id means the same everywhere."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field, JsonValue
from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from hotpath.db.models import EngineBase, UtcDateTime, utc_now


class TaskRow(EngineBase):
    """One submitted task."""

    __tablename__ = "tasks"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(20), default="queued")
    result: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    error: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


TASK_ID = "^[0-9a-f]{32}$"


class TaskNotFound(LookupError):
    """No task has this id, or its state was purged."""

    def __init__(self, task_id: str) -> None:
        super().__init__(f"task {task_id} does not exist")


class QueueUnavailable(Exception):
    """The queue is full, or its broker is out of reach."""


class TaskAccepted(BaseModel):
    """A task was taken and will run."""

    task_id: str


class TaskOut(BaseModel, from_attributes=True, populate_by_name=True):
    """A task's state, and its result once it has one."""

    task_id: str = Field(validation_alias="id")
    name: str
    state: Literal["queued", "running", "succeeded", "failed"]
    result: JsonValue
    error: str | None
    created_at: datetime
    finished_at: datetime | None
