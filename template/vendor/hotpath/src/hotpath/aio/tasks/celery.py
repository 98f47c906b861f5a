"""Has the workers of Celery run tasks: messages with their ids go through the broker."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from time import monotonic, time
from typing import Any

from celery import Celery
from kombu.exceptions import KombuError, OperationalError
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from hotpath.aio.concurrency import run_blocking
from hotpath.aio.tasks.runner import TaskRunner
from hotpath.batch import chunks_of
from hotpath.settings import CelerySettings, ServiceSettings
from hotpath.tasks import broker
from hotpath.tasks.model import Message, QueueUnavailable
from hotpath.tasks.task import DEFAULT_QUEUE, Task

_FAILURES = (OperationalError, KombuError, RedisError, OSError)
_ROOM = 1000
_BEAT_S = 5.0
_ALIVE_S = 15.0


class CeleryBackend:
    """Publishes tasks, which the processes of `worker.py` run."""

    def __init__(
        self,
        publisher: Celery,
        server: Redis,
        settings: ServiceSettings,
        declared: Sequence[Task[Any]],
    ) -> None:
        assert isinstance(settings.tasks, CelerySettings)  # noqa: S101 - `open_tasks` chose this by it
        self._publisher = publisher
        self._server = server
        self._service = settings.service
        self._time_limit_s = settings.tasks.time_limit_s
        self._task_by_name = {task.name: task for task in declared}
        self._beat_at = 0.0

    async def send(self, messages: Sequence[Message]) -> None:
        """Publish tasks; see `Backend.send`."""
        try:
            await run_blocking(self._publish, messages)
        except _FAILURES as error:
            raise QueueUnavailable("the broker does not answer") from error

    async def admit(self) -> None:
        """Return: a task waits in the database while the broker is away."""

    def room(self) -> int:
        """Return how many tasks may be published at once."""
        return _ROOM

    async def state(self) -> str:
        """Return "degraded" while the broker does not answer. Cost: twice `ping_timeout_s`."""
        try:
            await self._server.ping()
        except _FAILURES:
            return "degraded"
        return "ok"

    def queue_of(self, task: Task[Any]) -> str:
        """Return the queue of a task."""
        return task.queue

    async def waiting(self, queue: str = DEFAULT_QUEUE) -> int | None:
        """Return how many messages wait in a queue; None while the broker does not answer."""
        try:
            async with self._server.pipeline(transaction=False) as pipeline:
                for key in broker.lists_of(broker.queue_name(self._service, queue)):
                    pipeline.llen(key)
                lengths: list[int] = await pipeline.execute()
                return sum(lengths)
        except _FAILURES:
            return None

    async def workers(self) -> int | None:
        """Return how many workers have given a sign of life in the last 15 s."""
        try:
            key = broker.workers_key(self._service)
            count: int = await self._server.zcount(key, time(), "+inf")
            return count
        except _FAILURES:
            return None

    async def beat(self) -> None:
        """Give a sign of life, in a process of a worker."""
        worker = broker.this_worker()
        if worker is None or monotonic() < self._beat_at:
            return
        key = broker.workers_key(self._service)
        try:
            await self._server.zadd(key, {worker: time() + _ALIVE_S})
            await self._server.zremrangebyscore(key, "-inf", time())
        except _FAILURES:
            return
        self._beat_at = monotonic() + _BEAT_S

    async def drain(self) -> None:
        """Return: tasks run elsewhere."""

    def _publish(self, messages: Sequence[Message]) -> None:
        for name, priority, ids in _together(messages):
            task = self._task_by_name.get(name)
            queue = DEFAULT_QUEUE if task is None else task.queue
            for chunk in chunks_of(ids, 1 if task is None else task.chunk_size):
                self._publisher.send_task(
                    broker.celery_name(self._service, name),
                    [list(chunk)],
                    queue=broker.queue_name(self._service, queue),
                    priority=priority,
                    time_limit=self._time_limit_s * len(chunk),
                )


def _together(messages: Sequence[Message]) -> Iterator[tuple[str, int, list[str]]]:
    """Yield the ids of tasks with one name and priority together."""

    def kind(message: Message) -> tuple[str, int]:
        return message.name, message.priority

    for (name, priority), found in groupby(sorted(messages, key=kind), kind):
        yield name, priority, [each.task_id for each in found]


@asynccontextmanager
async def open_backend(
    settings: ServiceSettings, runner: TaskRunner
) -> AsyncIterator[CeleryBackend]:
    """Open the publishing side."""
    assert isinstance(settings.tasks, CelerySettings)  # noqa: S101 - `open_tasks` chose this by it
    service, tasks = settings.service, settings.tasks
    publisher = broker.open_publisher(service, tasks)
    server = Redis.from_url(
        tasks.broker_url.get_secret_value(),
        socket_connect_timeout=tasks.ping_timeout_s,
        socket_timeout=tasks.ping_timeout_s,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        yield CeleryBackend(publisher, server, settings, runner.declared)
    finally:
        await server.aclose()
        publisher.close()
