"""Tasks of tests: they are added to a copy of the service, which workers run."""

import os
from contextlib import suppress

from hotpath.aio.concurrency import pause
from hotpath.observability.logs import get_logger
from hotpath.tasks.task import task

BURNS = 5_000


def burn() -> int:
    total = 0
    for number in range(60_000):
        total += number
    return total


@task()
async def burn_long(resources: object) -> None:
    get_logger().info("burning")
    for _ in range(BURNS):
        burn()


@task(retries=0)
async def hang(resources: object) -> None:
    while True:
        await pause(0.05)


@task(retries=0)
async def insist(resources: object) -> None:
    """Go on, whatever interrupts it."""
    while True:
        with suppress(BaseException):
            await pause(0.05)


@task(queue="notes")
async def note(resources: object, number: int) -> int:
    return number


@task()
async def note_once(resources: object, number: int) -> None:
    """Have one effect, however often this runs: a task with a key."""
    await pause(0.005)
    await resources.tasks.enqueue(note, number, key=str(number))  # type: ignore[attr-defined]


@task(chunk_size=100)
async def add_one(resources: object, number: int) -> int:
    return number + 1


@task(chunk_size=10, retries=0)
async def add_one_slowly(resources: object, number: int) -> int:
    await pause(0.3)
    return number + 1


@task(chunk_size=1)
async def add_one_alone(resources: object, number: int) -> int:
    return number + 1


@task()
async def tell_process(resources: object) -> int:
    await pause(0.02)
    return os.getpid()


@task(queue="notes")
async def tell_process_of_notes(resources: object) -> int:
    await pause(0.02)
    return os.getpid()


DECLARED = (
    burn_long,
    hang,
    insist,
    note,
    note_once,
    add_one,
    add_one_slowly,
    add_one_alone,
    tell_process,
    tell_process_of_notes,
)
