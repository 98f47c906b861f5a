"""The queue in this process: bounded, and emptied before it closes."""

from asyncio import Lock
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hotpath.aio.tasks.states import read_state
from hotpath.aio.tasks.task import Arguments, Queue, Task, TaskContext, open_queue
from hotpath.settings import TaskSettings
from hotpath.tasks.model import QueueUnavailable
from hotpath.tasks.priority import Priority
from pydantic import JsonValue

from package_name.resources import Resources

from ..waiting import wait

SMALL = TaskSettings(queue_size=2, runners=1)


@asynccontextmanager
async def opened(resources: Resources, tasks: TaskSettings) -> AsyncIterator[Queue]:
    """Open another queue on the resources."""
    settings = resources.settings.model_copy(update={"tasks": tasks})
    metrics = resources.metrics
    shared = (resources.db, resources.cache, resources.http)
    async with open_queue(settings, metrics, *shared) as queue:
        yield queue


async def test_accepted_tasks_are_done_before_the_queue_closes(resources: Resources) -> None:
    gate = Lock()

    async def wait(_: TaskContext, arguments: Arguments) -> JsonValue:
        async with gate:
            return arguments["number"]

    task = Task("wait", wait)
    async with opened(resources, TaskSettings(runners=2)) as queue, gate:
        ids = [await queue.submit(task, {"number": number}) for number in range(20)]

    states = [await read_state(resources.db, task_id) for task_id in ids]
    assert [state.result for state in states if state is not None] == list(range(20))


async def test_a_full_queue_says_so_and_takes_tasks_again_later(resources: Resources) -> None:
    gate = Lock()
    taken: list[str] = []

    async def wait(_: TaskContext, __: Arguments) -> JsonValue:
        async with gate:
            return None

    async def fill() -> None:
        for _ in range(SMALL.queue_size + SMALL.runners + 1):
            taken.append(await queue.submit(Task("wait", wait), {}))

    async with opened(resources, SMALL) as queue:
        async with gate:
            with pytest.raises(QueueUnavailable):
                await fill()
            assert await queue.state() == "degraded"
        assert len(taken) >= SMALL.queue_size

    metrics = resources.metrics
    assert metrics.total(metrics.tasks_accepted, "wait") == len(taken)
    assert metrics.total(metrics.tasks_refused, "wait") == 1
    states = [await read_state(resources.db, task_id) for task_id in taken]
    assert {state.state for state in states if state is not None} == {"succeeded"}


async def test_a_failing_task_does_not_end_its_runner(resources: Resources) -> None:
    async def fail(_: TaskContext, __: Arguments) -> JsonValue:
        raise ValueError

    async with opened(resources, SMALL) as queue:
        first = await queue.submit(Task("fail", fail), {})
        second = await queue.submit(Task("fail", fail), {})

    states = [await read_state(resources.db, task_id) for task_id in (first, second)]
    assert [state.state for state in states if state is not None] == ["failed", "failed"]


async def test_an_urgent_task_overtakes_those_that_wait(resources: Resources) -> None:
    gate = Lock()
    order: list[str] = []

    async def run(_: TaskContext, arguments: Arguments) -> JsonValue:
        async with gate:
            order.append(str(arguments["name"]))
        return None

    async with opened(resources, TaskSettings(runners=1)) as queue, gate:
        await queue.submit(Task("first", run), {"name": "first"})
        assert await emptied(queue)  # its runner holds it
        for name, priority in (("low", Priority.LOW), ("normal", Priority.NORMAL)):
            await queue.submit(Task(name, run, priority), {"name": name})
        await queue.submit(Task("high", run, Priority.HIGH), {"name": "high"})

    assert order == ["first", "high", "normal", "low"]


async def emptied(queue: Queue) -> bool:
    """Wait until no task waits for a runner."""
    for _ in range(1000):
        if not await queue.waiting():
            return True
        await wait(0.01)
    return False
