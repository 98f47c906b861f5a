"""Runs tasks on the event loop of this process, a bounded number at a time."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

from hotpath.aio.concurrency import FairPriorityQueue, pause
from hotpath.aio.tasks.runner import TaskRunner
from hotpath.observability.logs import get_logger
from hotpath.settings import InProcessSettings, ServiceSettings
from hotpath.tasks.model import Message, QueueUnavailable
from hotpath.tasks.task import DEFAULT_QUEUE, Task

_LOOKS_EACH_S = 0.01
_CANCELLED_WITHIN_S = 1.0
"""Seconds that a cancelled task gets to clean up; nobody waits for it any longer."""


class InProcessBackend:
    """A bounded queue, in the order of `FairOrder`, and what runs its tasks."""

    def __init__(self, runner: TaskRunner, settings: InProcessSettings) -> None:
        self._runner = runner
        self._settings = settings
        self._jobs: FairPriorityQueue[str] = FairPriorityQueue()
        self._runners: list[asyncio.Task[None]] = []

    async def send(self, messages: Sequence[Message]) -> None:
        """Queue tasks."""
        for message in messages:
            self._jobs.put_nowait((message.priority, message.task_id))

    async def admit(self) -> None:
        """Return once the queue has room; see `Backend.admit`."""
        end = monotonic() + self._settings.enqueue_wait_s
        while self._is_full:
            if monotonic() >= end:
                size = self._settings.queue_size
                raise QueueUnavailable(f"{size} tasks are waiting, which is the limit")
            await pause(_LOOKS_EACH_S)

    def room(self) -> int:
        """Return how many more tasks the queue takes."""
        return self._settings.queue_size - self._jobs.qsize() if self._settings.runners else 0

    async def state(self) -> str:
        """Return "degraded" while the queue is full."""
        return "degraded" if self._is_full else "ok"

    def queue_of(self, _: Task[Any]) -> str:
        """Return the name of the one queue."""
        return DEFAULT_QUEUE

    async def waiting(self, _: str = DEFAULT_QUEUE) -> int:
        """Return how many tasks of this process wait."""
        return self._jobs.qsize()

    async def workers(self) -> int | None:
        """Return 1, for this process, or 0 if it runs none; None in a command: others may."""
        if not self._settings.runners:
            return 0
        return None if self._runner.resources is None else 1

    async def beat(self) -> None:
        """Return: tasks that take too long are cancelled by their runners."""

    async def _run_jobs(self) -> None:
        """Run one task after another until cancelled."""
        while True:
            _, task_id = await self._jobs.get()
            try:
                await self._run(task_id, self._settings.time_limit_s)
            except Exception:
                get_logger().exception("a task could not be run")
            finally:
                self._jobs.task_done()

    async def _run(self, task_id: str, limit_s: float) -> None:
        run = asyncio.create_task(self._runner.run(task_id))
        try:
            await asyncio.wait({run}, timeout=limit_s)
        finally:
            if is_late := run.cancel():
                await asyncio.wait({run}, timeout=_CANCELLED_WITHIN_S)
        if is_late:
            await self._runner.give_up(task_id, limit_s)
        else:
            run.result()

    def start(self) -> None:
        """Start what runs tasks."""
        count = self._settings.runners
        self._runners = [asyncio.create_task(self._run_jobs()) for _ in range(count)]

    async def stop(self) -> None:
        """Cancel the tasks that run."""
        for each in self._runners:
            each.cancel()
        await asyncio.gather(*self._runners, return_exceptions=True)

    async def drain(self) -> None:
        """Wait until everything queued has run, but no longer than `drain_s`."""
        try:
            await asyncio.wait_for(self._jobs.join(), self._settings.drain_s)
        except TimeoutError:
            await self.stop()
            left = [self._jobs.get_nowait()[1] for _ in range(self._jobs.qsize())]
            await self._runner.release(left)

    @property
    def _is_full(self) -> bool:
        return self._jobs.qsize() >= self._settings.queue_size


@asynccontextmanager
async def open_backend(
    settings: ServiceSettings, runner: TaskRunner
) -> AsyncIterator[InProcessBackend]:
    """Start what runs tasks."""
    assert isinstance(settings.tasks, InProcessSettings)  # noqa: S101 - `open_tasks` chose this by it
    backend = InProcessBackend(runner, settings.tasks)
    backend.start()
    try:
        yield backend
    finally:
        await backend.stop()
