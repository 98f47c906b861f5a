"""A task that burns CPU: `test_worker_profiles.py` adds it to a copy of the service."""

from collections.abc import Mapping

from hotpath.aio.tasks.task import Task, TaskContext
from hotpath.observability.logs import get_logger
from pydantic import JsonValue


def burn() -> int:
    total = 0
    for number in range(60_000):
        total += number
    return total


async def _burn_long(context: TaskContext, arguments: Mapping[str, JsonValue]) -> None:
    get_logger().info("burning")
    for _ in range(5_000):
        burn()


burn_long = Task("burn_long", _burn_long)
