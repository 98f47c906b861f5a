"""What is said of a task over HTTP."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field, JsonValue

TASK_ID = "^[0-9a-f]{32}$"


class TaskNotFound(LookupError):
    """No task has this id, or its state was purged."""

    def __init__(self, task_id: str) -> None:
        super().__init__(f"task {task_id} does not exist")


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
