"""Hands tasks to Celery workers through the broker."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from celery import Celery
from kombu.exceptions import KombuError, OperationalError
from redis.exceptions import RedisError

from ..concurrency import run_blocking
from .broker import RUN_TASK, open_broker
from .settings import TaskSettings
from .states import create_state, fail_state
from .task import Arguments, QueueUnavailable, Task, TaskContext

_FAILURES = (OperationalError, KombuError, RedisError, OSError)


class CeleryQueue:
    """Publishes; `worker.py` runs."""

    def __init__(self, broker: Celery, context: TaskContext) -> None:
        self._broker = broker
        self._context = context

    async def submit(self, task: Task, arguments: Arguments) -> str:
        """Publish the task; see `Queue.submit`."""
        task_id = await create_state(self._context.db, task.name)
        try:
            await run_blocking(self._publish, task, task_id, arguments)
        except _FAILURES as error:
            await fail_state(self._context.db, task_id, error)
            raise QueueUnavailable("the broker does not answer") from error
        return task_id

    async def state(self) -> str:
        """Return "degraded" while the broker does not answer."""
        try:
            await run_blocking(self._ping)
        except _FAILURES:
            return "degraded"
        return "ok"

    def _publish(self, task: Task, task_id: str, arguments: Arguments) -> None:
        self._broker.send_task(RUN_TASK, [task.name, task_id, dict(arguments)], task_id=task_id)

    def _ping(self) -> None:
        with self._broker.connection_for_write() as connection:
            connection.ensure_connection(max_retries=0, timeout=1.0)


@asynccontextmanager
async def open_queue(context: TaskContext, settings: TaskSettings) -> AsyncIterator[CeleryQueue]:
    """Open the publishing side."""
    broker = open_broker(settings)
    try:
        yield CeleryQueue(broker, context)
    finally:
        broker.close()
