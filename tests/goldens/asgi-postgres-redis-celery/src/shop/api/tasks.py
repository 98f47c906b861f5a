"""States of tasks."""

from typing import Annotated

from fastapi import Path

from ..tasks.schemas import TASK_ID, TaskNotFound, TaskOut
from ..tasks.states import read_state
from .context import Given
from .problems import problem_responses
from .render import Answer, render
from .routing import Router

router = Router(tags=["tasks"])


@router.get(
    "/tasks/{task_id}",
    operation_id="read_task",
    response_model=TaskOut,
    responses=problem_responses(404),
)
async def read_task(task_id: Annotated[str, Path(pattern=TASK_ID)], resources: Given) -> Answer:
    """Tell how a task is doing, and its result once there is one."""
    task = await read_state(resources.db, task_id)
    if task is None:
        raise TaskNotFound(task_id)
    return render(task)
