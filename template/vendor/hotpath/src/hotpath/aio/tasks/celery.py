"""Hands tasks to Celery workers through the broker."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from celery import Celery
from kombu.exceptions import KombuError, OperationalError
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from hotpath.aio.concurrency import run_blocking
from hotpath.aio.tasks.states import create_state, fail_state
from hotpath.aio.tasks.task import Arguments, Task, TaskContext
from hotpath.observability.tracing import inject
from hotpath.settings import CelerySettings, ServiceSettings
from hotpath.tasks.broker import open_broker, task_name
from hotpath.tasks.model import QueueUnavailable

_FAILURES = (OperationalError, KombuError, RedisError, OSError)


class CeleryQueue:
    """Publishes tasks, which the processes of `worker.py` run."""

    def __init__(self, broker: Celery, task_name: str, server: Redis, context: TaskContext) -> None:
        self._task_name = task_name
        self._broker = broker
        self._server = server
        self._context = context

    async def submit(self, task: Task, arguments: Arguments) -> str:
        """Publish the task; see `Queue.submit`."""
        task_id = await create_state(self._context.db, task.name)
        try:
            headers: dict[str, str] = {}
            inject(headers)
            await run_blocking(self._publish, task, task_id, arguments, headers)
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

    async def waiting(self) -> int | None:
        """Return how many tasks wait for a worker; None while the broker does not answer."""
        name = self._broker.conf.task_default_queue
        try:
            return int(await self._server.llen(name))
        except _FAILURES:
            return None

    def _publish(
        self, task: Task, task_id: str, arguments: Arguments, headers: Mapping[str, str]
    ) -> None:
        values = [task.name, task_id, dict(arguments)]
        self._broker.send_task(self._task_name, values, task_id=task_id, headers=headers)


@asynccontextmanager
async def open_queue(settings: ServiceSettings, context: TaskContext) -> AsyncIterator[CeleryQueue]:
    """Open the publishing side."""
    assert isinstance(settings.tasks, CelerySettings)  # noqa: S101 - `open_queue` chose this by it
    service, tasks = settings.service, settings.tasks
    broker = open_broker(service, tasks)
    server = Redis.from_url(
        tasks.broker_url.get_secret_value(),
        socket_connect_timeout=tasks.ping_timeout_s,
        socket_timeout=tasks.ping_timeout_s,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        yield CeleryQueue(broker, task_name(service), server, context)
    finally:
        await server.aclose()
        broker.close()
