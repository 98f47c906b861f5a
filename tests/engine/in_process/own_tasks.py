"""Tasks of a test's own, run in its process."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

from hotpath.aio.concurrency import pause
from hotpath.aio.tasks.in_process import InProcessBackend, open_backend
from hotpath.aio.tasks.runner import TaskRunner
from hotpath.aio.tasks.tasks import Tasks
from hotpath.settings import InProcessSettings
from hotpath.tasks.task import Task

from package_name.resources import Resources

WITHIN_S = 10.0


@asynccontextmanager
async def running_tasks(
    resources: Resources, declared: Sequence[Task[Any]], **settings: float
) -> AsyncIterator[Tasks]:
    """Run these tasks, as a process does that has no others."""
    async with running_backend(resources, declared, **settings) as (tasks, _):
        yield tasks


@asynccontextmanager
async def running_backend(
    resources: Resources, declared: Sequence[Task[Any]], **settings: float
) -> AsyncIterator[tuple[Tasks, InProcessBackend]]:
    """Do as `running_tasks`, and show the queue too."""
    tasks = InProcessSettings(**settings)
    place = resources.settings.model_copy(update={"tasks": tasks})
    runner = TaskRunner(resources.db, declared, tasks, resources.metrics)
    async with open_backend(place, runner) as backend:
        opened = Tasks(tasks, resources.metrics, runner, backend)
        async with opened.running(resources):
            yield opened, backend


async def happens(claim: Callable[[], Awaitable[bool]], within_s: float = WITHIN_S) -> bool:
    """Wait until it is so; return whether it is."""
    end = monotonic() + within_s
    while not await claim():
        if monotonic() > end:
            return False
        await pause(0.01)
    return True


async def ended(tasks: Tasks, ids: Sequence[str], within_s: float = WITHIN_S) -> bool:
    """Wait until these tasks have ended; return whether they have."""

    async def have_ended() -> bool:
        states = [await tasks.status(each) for each in ids]
        return all(state is not None and state.finished_at is not None for state in states)

    return await happens(have_ended, within_s)
