"""States of tasks."""

from typing import Annotated

from fastapi import Path

from hotpath.aio.tasks.states import read_state
from hotpath.asgi.dependencies import ResourcesDep
from hotpath.asgi.responses import Answer, render
from hotpath.asgi.routing import Router
from hotpath.http.problems import problem_responses
from hotpath.tasks.model import TASK_ID, TaskNotFound, TaskOut

router = Router(tags=["tasks"])


@router.get(
    "/tasks/{task_id}",
    operation_id="read_task",
    response_model=TaskOut,
    responses=problem_responses(404),
)
async def read_task(
    task_id: Annotated[str, Path(pattern=TASK_ID)], resources: ResourcesDep
) -> Answer:
    """Tell how a task is doing, and its result once there is one."""
    task = await read_state(resources.db, task_id)
    if task is None:
        raise TaskNotFound(task_id)
    return render(task)
