"""Many tasks while workers are killed, tasks that hang, and small ones that share messages."""

import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Set
from contextlib import closing
from functools import partial
from pathlib import Path
from time import monotonic

import pytest
from hotpath.aio.concurrency import pause
from hotpath.aio.tasks.celery import CeleryBackend
from hotpath.aio.tasks.states import read_state
from hotpath.aio.tasks.tasks import Tasks
from hotpath.tasks.broker import lists_of, open_publisher, queue_name
from hotpath.tasks.model import TaskRow
from hotpath.testing.workspace import Workspace
from redis import Redis
from sqlalchemy import func, select

from package_name.resources import Resources

from ..log_lines import children
from ..planted import planted_place, tasks_of
from ..planted_tasks import (
    add_one,
    add_one_alone,
    add_one_slowly,
    hang,
    insist,
    note,
    note_once,
    tell_process,
    tell_process_of_notes,
)
from ..shop import SERVICE

ROUNDS = 5
TASKS = 200
MANY = 400
SMALL, MESSAGES = 2_000, 20
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


async def eventually(count: Callable[[], Awaitable[int | None]], wanted: int) -> None:
    """Wait until a count is what it should be."""
    end = monotonic() + WITHIN_S
    while (found := await count()) != wanted:
        assert monotonic() < end, found
        await pause(0.1)


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


async def test_a_task_that_goes_on_past_its_limit_is_ended(
    opened: Opened, resources: Resources
) -> None:
    place, tasks, _ = opened
    hasty = place.with_settings(TASKS__TIME_LIMIT_S=2)
    async with tasks_of(hasty, resources) as (hasty_tasks, _):
        await hasty_tasks.enqueue(insist, None)
    with hasty.start("worker", "--processes", "1"):
        assert await reaches(resources, "insist", "failed", 1)
        await tasks.enqueue(note, 1)
        assert await reaches(resources, "note", "succeeded", 1)


async def test_a_message_names_its_task_to_celerys_tools(
    opened: Opened, resources: Resources
) -> None:
    place, tasks, backend = opened
    await tasks.enqueue(add_one, 1)
    await eventually(backend.waiting, 1)

    with closing(open_publisher(SERVICE, place.settings().tasks)) as publisher:
        connection = publisher.connection_for_read()
        message = connection.SimpleQueue(queue_name(SERVICE, "default")).get(timeout=WITHIN_S)
        assert message.headers["task"] == f"{SERVICE.package}.add_one"
        message.requeue()


async def test_a_lost_message_is_sent_again_though_another_queue_is_long(
    opened: Opened, resources: Resources
) -> None:
    place, tasks, backend = opened
    await tasks.enqueue_all(note, range(150))  # nobody takes them
    await tasks.enqueue(add_one_alone, 1)
    await eventually(partial(backend.waiting, "notes"), 150)
    await eventually(backend.waiting, 1)

    with closing(Redis.from_url(place.settings().tasks.broker_url.get_secret_value())) as redis:
        redis.delete(*lists_of(queue_name(SERVICE, "default")))

    await eventually(backend.waiting, 1)


async def test_small_tasks_share_messages(opened: Opened, resources: Resources) -> None:
    place, tasks, backend = opened
    ids = await tasks.enqueue_all(add_one, range(SMALL))
    await eventually(backend.waiting, MESSAGES)
    await pause(2.5 * SETTINGS["TASKS__RESEND_S"])  # none is sent again while it waits there
    assert await backend.waiting() == MESSAGES

    with place.start("worker"):
        assert await reaches(resources, "add_one", "succeeded", 1_000)
    first = await read_state(resources.db, ids[0])
    assert first is not None
    assert first.result == 1


async def test_tasks_that_share_a_message_do_not_share_a_time_limit(
    opened: Opened, resources: Resources
) -> None:
    place, tasks, _ = opened
    await tasks.enqueue_all(add_one_slowly, range(10))  # 3 s in all, and the limit is 1

    with place.start("worker", "--processes", "1"):
        assert await reaches(resources, "add_one_slowly", "succeeded", 10)


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


async def results(resources: Resources, name: str) -> Set[object]:
    """Return what tasks with this name have returned."""
    async with resources.db.reading() as session:
        ended = select(TaskRow.result).where(TaskRow.name == name, TaskRow.state == "succeeded")
        found = await session.scalars(ended)
        return set(found.all())


async def test_three_workers_share_the_tasks_and_one_that_dies_leaves_its_own_to_the_others(
    opened: Opened, resources: Resources
) -> None:
    """As `docs/tasks.md` has them: two for the usual, one for a queue of its own."""
    place, tasks, backend = opened
    usual = ("worker", "--queues", "default", "--processes", "2")
    with (
        place.start(*usual) as first,
        place.start(*usual) as second,
        place.start("worker", "--queues", "notes", "--processes", "1") as third,
    ):
        await eventually(backend.workers, 3)
        processes = [set(children(each.process.pid)) for each in (first, second, third)]
        await tasks.enqueue_all(tell_process_of_notes, [None] * MANY)
        await tasks.enqueue_all(tell_process, [None] * MANY)
        assert await reaches(resources, "tell_process", "succeeded", MANY // 4)
        seen = await results(resources, "tell_process")
        os.killpg(first.process.pid, signal.SIGKILL)
        assert await reaches(resources, "tell_process", "succeeded", MANY)
        assert await reaches(resources, "tell_process_of_notes", "succeeded", MANY)
        of_notes = await results(resources, "tell_process_of_notes")
        seen |= await results(resources, "tell_process")

    assert seen & processes[0]
    assert seen & processes[1]
    assert seen <= processes[0] | processes[1]
    assert of_notes <= processes[2]


@pytest.fixture(autouse=True)
async def no_tasks_left(resources: Resources) -> AsyncIterator[None]:
    yield
    async with resources.db.writing() as session:
        await session.execute(TaskRow.__table__.delete())
