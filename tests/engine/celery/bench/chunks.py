"""Tasks a second with 100 in a message and with one: `nox -s bench -- STACK chunks`.

10,000 tasks that add 1, by one worker with one process: from `enqueue_all` until all are at the
broker, and from the start of the worker until all have succeeded. The kinds take turns, three
rounds each.

100 in a message to 1, 2 cores, November 2026:

    asgi, postgres   17,060 to 2,944 sent/s (5.79)   373 to 259 done/s (1.44)
    wsgi, sqlite     13,621 to 2,994 sent/s (4.55)   811 to 380 done/s (2.14)
"""

import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from hotpath.aio.concurrency import pause, run
from hotpath.aio.tasks.celery import CeleryBackend
from hotpath.aio.tasks.tasks import Tasks
from hotpath.observability.metrics import Metrics
from hotpath.tasks.model import TaskRow
from hotpath.tasks.task import Task
from hotpath.testing.workspace import Workspace
from sqlalchemy import func, select

from package_name.resources import Resources, open_resources

from ..planted import planted_place, tasks_of
from ..planted_tasks import add_one, add_one_alone
from .place import measured

MANY, ROUNDS = 10_000, 3


async def seconds_of(
    task: Task[int], tasks: Tasks, backend: CeleryBackend, place: Workspace, resources: Resources
) -> tuple[float, float]:
    """Return the seconds until all tasks are sent, and from then until all have succeeded."""
    messages = MANY // task.chunk_size
    started = perf_counter()
    await tasks.enqueue_all(task, range(MANY))
    while (await backend.waiting() or 0) < messages:
        await pause(0.01)
    sent = perf_counter()
    with place.start("worker", "--processes", "1"):
        while not await backend.workers():
            await pause(0.01)
        started_s = perf_counter()
        done = select(func.count()).where(TaskRow.state == "succeeded")
        count = 0
        while count < MANY:
            await pause(0.1)
            async with resources.db.reading() as session:
                count = await session.scalar(done) or 0
        ended = perf_counter()
    async with resources.db.writing() as session:
        await session.execute(TaskRow.__table__.delete())
    return sent - started, ended - started_s


async def measure(place: Workspace) -> None:
    """Let both take turns, and print their medians."""
    taken: dict[str, list[tuple[float, float]]] = {"100": [], "1": []}
    async with (
        open_resources(place.settings(), Metrics("shop")) as resources,
        tasks_of(place, resources) as (tasks, backend),
    ):
        for _ in range(ROUNDS):
            for name, task in (("100", add_one), ("1", add_one_alone)):
                taken[name].append(await seconds_of(task, tasks, backend, place, resources))
    medians = {
        name: [median(each) for each in zip(*found, strict=True)] for name, found in taken.items()
    }
    for name, (sending_s, running_s) in medians.items():
        sys.stdout.write(
            f"{name:>3} in a message: {MANY / sending_s:7,.0f} sent/s "
            f"({medians['1'][0] / sending_s:.2f}), {MANY / running_s:7,.0f} done/s "
            f"({medians['1'][1] / running_s:.2f})\n"
        )


def main() -> None:
    """Measure on the stack's own servers, in a folder that is gone afterwards."""
    with (
        measured() as place,
        TemporaryDirectory() as name,
        planted_place(place, Path(name)) as planted,
    ):
        run(measure(planted))


if __name__ == "__main__":
    main()
