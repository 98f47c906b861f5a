"""A feature with routes and a task that burn CPU, as text: it is added to a copy of the service."""

ROUTES = '''
"""Routes that burn CPU."""

import time
from concurrent.futures import ThreadPoolExecutor

from hotpath.profiling.decorator import profiled
from hotpath.wsgi import Response, Router, hot, render_json

router = Router(include_in_schema=False)
aside = ThreadPoolExecutor(1)


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
def read_burn() -> Response:
    burn()
    time.sleep(0.002)
    return render_json(b"1")


@router.get("/burn/hot")
@hot
def read_burn_hot() -> Response:
    burn()
    time.sleep(0.002)
    return render_json(b"1")


@router.get("/simmer")
def read_simmer() -> Response:
    simmer()
    time.sleep(0.001)
    return render_json(b"1")


@router.get("/slow")
def read_slow() -> Response:
    wait_for_others()
    burn(600_000)
    return render_json(b"1")


def wait_for_others() -> None:
    time.sleep(0.3)


@router.get("/aside")
def read_aside() -> Response:
    aside.submit(burn, 600_000).result()
    return render_json(b"1")


@profiled
def investigated(depth: int) -> int:
    if depth:
        return investigated(depth - 1)
    return burn()


@router.get("/investigated")
def read_investigated() -> Response:
    investigated(2)
    return render_json(b"1")
'''

TASKS = '''
"""A task that burns CPU."""

from collections.abc import Mapping

from pydantic import JsonValue

from hotpath.blocking.tasks.task import Task, TaskContext


def burn() -> int:
    total = 0
    for number in range(60_000):
        total += number
    return total


def _burn_long(context: TaskContext, arguments: Mapping[str, JsonValue]) -> None:
    print("burning", flush=True)
    for _ in range(5_000):
        burn()


burn_long = Task("burn_long", _burn_long)
'''
