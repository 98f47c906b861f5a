"""Many tasks while workers are killed, tasks that hang, and small ones that share messages."""

import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from time import monotonic

import pytest
from hotpath.aio.concurrency import pause
from hotpath.aio.tasks.celery import CeleryBackend
from hotpath.aio.tasks.states import read_state
from hotpath.aio.tasks.tasks import Tasks
from hotpath.tasks.model import TaskRow
from hotpath.testing.workspace import Workspace
from sqlalchemy import func, select

from package_name.resources import Resources

from ..planted import planted_place, tasks_of
from ..planted_tasks import add_one, hang, note, note_once

ROUNDS = 3
TASKS = 200
SMALL, MESSAGES = 10_000, 100
SETTINGS = {
    "TASKS__LEASE_S": 1,
    "TASKS__RESEND_S": 1,
    "TASKS__WORKER_PROCESSES": 2,
    "TASKS__SOFT_TIME_LIMIT_S": 1,
    "TASKS__TIME_LIMIT_S": 20,
}
WITHIN_S = 60.0

Opened = tuple[Workspace, Tasks, CeleryBackend]


@pytest.fixture
async def opened(
    workspace: Workspace, resources: Resources, tmp_path: Path
) -> AsyncIterator[Opened]:
    with planted_place(workspace, tmp_path, **SETTINGS) as place:
        async with tasks_of(place, resources) as (tasks, backend):
            yield place, tasks, backend


async def count(resources: Resources, name: str, state: str) -> int:
    """Return how many tasks with this name are in this state."""
    found = select(func.count()).where(TaskRow.name == name, TaskRow.state == state)
    async with resources.db.reading() as session:
        return await session.scalar(found) or 0


async def reaches(resources: Resources, name: str, state: str, wanted: int) -> bool:
    """Wait until so many tasks are in this state."""
    end = monotonic() + WITHIN_S
    while monotonic() < end:
        if await count(resources, name, state) >= wanted:
            return True
        await pause(0.05)
    return False


async def test_no_task_is_lost_and_no_effect_repeated_while_workers_are_killed(
    opened: Opened, resources: Resources
) -> None:
    place, tasks, _ = opened
    await tasks.enqueue_all(note_once, range(TASKS))
    for part in range(1, ROUNDS + 1):
        with place.start("worker") as worker:
            enough = TASKS * part // (ROUNDS + 2)
            assert await reaches(resources, "note_once", "succeeded", enough)
            os.killpg(worker.process.pid, signal.SIGKILL)
    with place.start("worker"):
        assert await reaches(resources, "note_once", "succeeded", TASKS)
        assert await reaches(resources, "note", "succeeded", TASKS)
    assert await count(resources, "note", "succeeded") == TASKS


async def test_a_task_that_hangs_fails_and_others_run(opened: Opened, resources: Resources) -> None:
    place, tasks, _ = opened
    hangs = await tasks.enqueue(hang, None)
    with place.start("worker", "--processes", "1"):
        assert await reaches(resources, "hang", "failed", 1)
        other = await tasks.enqueue(note, 1)
        assert await reaches(resources, "note", "succeeded", 1)

    failed, done = await read_state(resources.db, hangs), await read_state(resources.db, other)
    assert failed is not None
    assert failed.error == "TaskTimeout: it took longer than 1 s"
    assert done is not None
    assert done.result == 1


async def test_small_tasks_share_messages(opened: Opened, resources: Resources) -> None:
    place, tasks, backend = opened
    ids = await tasks.enqueue_all(add_one, range(SMALL))
    end = monotonic() + WITHIN_S
    waiting = 0
    while waiting < MESSAGES and monotonic() < end:
        await pause(0.1)
        waiting = await backend.waiting() or 0
    await pause(0.5)
    assert await backend.waiting() == MESSAGES

    with place.start("worker"):
        assert await reaches(resources, "add_one", "succeeded", 1_000)
    first = await read_state(resources.db, ids[0])
    assert first is not None
    assert first.result == 1


async def test_a_worker_takes_tasks_of_the_queues_it_is_told(
    opened: Opened, resources: Resources
) -> None:
    place, tasks, _ = opened
    await tasks.enqueue(note, 1)
    await tasks.enqueue(note_once, 2)
    with place.start("worker", "--queues", "notes"):
        assert await reaches(resources, "note", "succeeded", 1)
        await pause(1)
        assert await count(resources, "note_once", "succeeded") == 0


@pytest.fixture(autouse=True)
async def no_tasks_left(resources: Resources) -> AsyncIterator[None]:
    yield
    async with resources.db.writing() as session:
        await session.execute(TaskRow.__table__.delete())
