"""States of tasks."""

from typing import Annotated

from flask_openapi3 import Tag
from pydantic import BaseModel, Field

from hotpath.blocking.tasks.states import read_state
from hotpath.http.problems import problem_responses
from hotpath.tasks.model import TASK_ID, TaskNotFound, TaskOut
from hotpath.wsgi.dependencies import given
from hotpath.wsgi.responses import Answer, render
from hotpath.wsgi.routing import Router

router = Router("tasks", __name__, abp_tags=[Tag(name="tasks")])


class TaskPath(BaseModel):
    """Which task."""

    task_id: Annotated[str, Field(pattern=TASK_ID)]


@router.get(
    "/tasks/<task_id>",
    operation_id="read_task",
    responses={200: TaskOut, **problem_responses(404)},
)
def read_task(path: TaskPath) -> Answer:
    """Tell how a task is doing, and its result once there is one."""
    task = read_state(given().db, path.task_id)
    if task is None:
        raise TaskNotFound(path.task_id)
    return render(task)
