"""Runs tasks on the event loop of this process, a bounded number at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hotpath.aio.concurrency import FairPriorityQueue
from hotpath.aio.tasks.states import create_state, fail_state
from hotpath.aio.tasks.task import Arguments, Task, TaskContext, run_task
from hotpath.observability.logs import get_logger
from hotpath.observability.tracing import Trace, current_trace, submitted_task
from hotpath.settings import InProcessSettings, ServiceSettings
from hotpath.tasks.model import QueueUnavailable

_Job = tuple[Task, str, Arguments, Trace | None]
"""The last one is of the request that submitted the task."""


class InProcessQueue:
    """A bounded queue, in the order of `FairOrder`, and its runners."""

    def __init__(self, context: TaskContext, settings: InProcessSettings) -> None:
        self._context = context
        self._jobs: FairPriorityQueue[_Job] = FairPriorityQueue(settings.queue_size)

    async def submit(self, task: Task, arguments: Arguments) -> str:
        """Queue the task; see `Queue.submit`."""
        if self._jobs.full():
            raise QueueUnavailable(f"{self._jobs.qsize()} tasks are waiting, which is the limit")
        task_id = await create_state(self._context.db, task.name)
        try:
            self._jobs.put_nowait((task.priority, (task, task_id, arguments, current_trace())))
        except asyncio.QueueFull:
            error = QueueUnavailable("the queue filled up meanwhile")
            await fail_state(self._context.db, task_id, error)
            raise error from None
        return task_id

    async def state(self) -> str:
        """Return "degraded" while the queue is full."""
        return "degraded" if self._jobs.full() else "ok"

    async def waiting(self) -> int:
        """Return how many tasks of this process wait for a runner."""
        return self._jobs.qsize()

    async def run_jobs(self) -> None:
        """Run one job after another until cancelled."""
        while True:
            _, (task, task_id, arguments, trace) = await self._jobs.get()
            try:
                with submitted_task(trace, task.name, task_id):
                    await run_task(self._context, task, task_id, arguments)
            except Exception:
                get_logger().exception("the state of a task could not be written")
            finally:
                self._jobs.task_done()

    async def drain(self, within_s: float) -> None:
        """Wait until everything accepted has run, but no longer than `within_s`."""
        try:
            await asyncio.wait_for(self._jobs.join(), within_s)
        except TimeoutError:
            get_logger().error("tasks lost at shutdown", waiting=self._jobs.qsize())


@asynccontextmanager
async def open_queue(
    settings: ServiceSettings, context: TaskContext
) -> AsyncIterator[InProcessQueue]:
    """Start the runners; at the end let accepted tasks finish."""
    assert isinstance(settings.tasks, InProcessSettings)  # noqa: S101 - `open_queue` chose this by it
    tasks = settings.tasks
    queue = InProcessQueue(context, tasks)
    runners = [asyncio.create_task(queue.run_jobs()) for _ in range(tasks.runners)]
    try:
        yield queue
    finally:
        await queue.drain(tasks.drain_s)
        for runner in runners:
            runner.cancel()
        await asyncio.gather(*runners, return_exceptions=True)
