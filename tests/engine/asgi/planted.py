"""A feature with routes and a task that burn CPU, as text: it is added to a copy of the service."""

ROUTES = '''
"""Routes that burn CPU."""

import asyncio

from hotpath.asgi import Response, Router, hot, render_json
from hotpath.aio.concurrency import run_blocking
from hotpath.profiling.decorator import profiled

router = Router(include_in_schema=False)


def burn(rounds: int = 60_000) -> int:
    total = 0
    for number in range(rounds):
        total += number
    return total


def simmer() -> int:
    total = 0
    for number in range(15_000):
        total += number
    return total


@router.get("/burn")
async def read_burn() -> Response:
    burn()
    await asyncio.sleep(0.002)
    return render_json(b"1")


@router.get("/burn/hot")
@hot
async def read_burn_hot() -> Response:
    burn()
    await asyncio.sleep(0.002)
    return render_json(b"1")


@router.get("/simmer")
async def read_simmer() -> Response:
    simmer()
    await asyncio.sleep(0.001)
    return render_json(b"1")


@router.get("/slow")
async def read_slow() -> Response:
    await wait_for_others()
    burn(600_000)
    return render_json(b"1")


async def wait_for_others() -> None:
    await asyncio.sleep(0.3)


@router.get("/aside")
async def read_aside() -> Response:
    await run_blocking(burn, 600_000)
    return render_json(b"1")


@profiled
async def investigated(depth: int) -> int:
    await asyncio.sleep(0)
    if depth:
        return await investigated(depth - 1)
    return burn()


@router.get("/investigated")
async def read_investigated() -> Response:
    await investigated(2)
    return render_json(b"1")
'''

TASKS = '''
"""A task that burns CPU."""

from collections.abc import Mapping

from pydantic import JsonValue

from hotpath.aio.tasks.task import Task, TaskContext


def burn() -> int:
    total = 0
    for number in range(60_000):
        total += number
    return total


async def _burn_long(context: TaskContext, arguments: Mapping[str, JsonValue]) -> None:
    print("burning", flush=True)
    for _ in range(5_000):
        burn()


burn_long = Task("burn_long", _burn_long)
'''
