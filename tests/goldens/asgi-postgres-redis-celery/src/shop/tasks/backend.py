"""Hands tasks to Celery workers through the broker."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from celery import Celery
from kombu.exceptions import KombuError, OperationalError
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from ..concurrency import run_blocking
from .broker import RUN_TASK, open_broker
from .settings import TaskSettings
from .states import create_state, fail_state
from .task import Arguments, QueueUnavailable, Task, TaskContext

_FAILURES = (OperationalError, KombuError, RedisError, OSError)


class CeleryQueue:
    """Publishes; `worker.py` runs."""

    def __init__(self, broker: Celery, server: Redis, context: TaskContext) -> None:
        self._broker = broker
        self._server = server
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
        """Return "degraded" while the broker does not answer. Cost: twice `ping_timeout_s`."""
        try:
            await self._server.ping()
        except _FAILURES:
            return "degraded"
        return "ok"

    def _publish(self, task: Task, task_id: str, arguments: Arguments) -> None:
        self._broker.send_task(RUN_TASK, [task.name, task_id, dict(arguments)], task_id=task_id)


@asynccontextmanager
async def open_queue(context: TaskContext, settings: TaskSettings) -> AsyncIterator[CeleryQueue]:
    """Open the publishing side."""
    broker = open_broker(settings)
    server = Redis.from_url(
        settings.broker_url.get_secret_value(),
        socket_connect_timeout=settings.ping_timeout_s,
        socket_timeout=settings.ping_timeout_s,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        yield CeleryQueue(broker, server, context)
    finally:
        await server.aclose()
        broker.close()
