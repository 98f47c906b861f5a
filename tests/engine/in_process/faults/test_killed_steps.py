"""A process that dies at each step between the enqueuing of a task and its end: it is not lost."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from hotpath.tasks.model import TaskRow
from hotpath.testing.workspace import Workspace
from sqlalchemy import select

from package_name.resources import Resources

from ..killed_at import DECLARED, KILLED, LIMITS, STEPS
from ..own_tasks import happens, running_tasks
from ..quiet_resources import quiet_resources

ROOT = Path(__file__).parent.parent.parent
ENDS_WITHIN_S = 60


@pytest.fixture
async def resources(workspace: Workspace) -> AsyncIterator[Resources]:
    """Open what a process has that leaves tasks to others."""
    async with quiet_resources(workspace.with_settings(TASKS__RUNNERS=0)) as opened:
        yield opened


async def states(resources: Resources, key: str) -> dict[str, str]:
    """Return the states of the tasks with a key, by name."""
    found = select(TaskRow.name, TaskRow.state).where(TaskRow.key == key)
    async with resources.db.reading() as session:
        return {row[0]: row[1] for row in await session.execute(found)}


def die_at(workspace: Workspace, step: str, key: str) -> None:
    """Have a process enqueue a task with a key, and die at a step."""
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    place = workspace.with_settings(TASKS__RUNNERS=0).with_variables({"PYTHONPATH": path})
    done = subprocess.run(
        [sys.executable, "-m", "tests.killed_at", step, key],
        cwd=place.folder,
        env=place.environment,
        capture_output=True,
        text=True,
        timeout=ENDS_WITHIN_S,
        check=False,
    )
    assert done.returncode == KILLED, done.stderr


@pytest.mark.parametrize("step", STEPS)
async def test_a_task_whose_process_dies_at_a_step_is_done_once(
    workspace: Workspace, resources: Resources, step: str
) -> None:
    key = uuid4().hex
    die_at(workspace, step, key)

    if step == "before commit":
        assert await states(resources, key) == {}
        return
    async with running_tasks(resources, DECLARED, **LIMITS):

        async def are_done() -> bool:
            return await states(resources, key) == {"have_effect": "succeeded", "note": "succeeded"}

        assert await happens(are_done)
