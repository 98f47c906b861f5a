"""Runs tasks in threads of this process, a bounded number at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from queue import Full
from threading import Thread
from time import monotonic

from hotpath.blocking.concurrency import FairPriorityQueue
from hotpath.blocking.tasks.states import create_state, fail_state
from hotpath.blocking.tasks.task import Arguments, Task, TaskContext, run_task
from hotpath.observability.logs import get_logger
from hotpath.observability.tracing import Trace, current_trace, submitted_task
from hotpath.settings import InProcessSettings, ServiceSettings
from hotpath.tasks.model import QueueUnavailable
from hotpath.tasks.priority import Priority

_Job = tuple[Task, str, Arguments, Trace | None]
"""The last one is of the request that submitted the task."""

_LAST = max(Priority) + 1
"""Of what ends a runner, once all tasks are taken."""


class InProcessQueue:
    """A bounded queue, in the order of `FairOrder`, and its runners."""

    def __init__(self, context: TaskContext, settings: InProcessSettings) -> None:
        self._context = context
        self._jobs: FairPriorityQueue[_Job | None] = FairPriorityQueue(settings.queue_size)

    def submit(self, task: Task, arguments: Arguments) -> str:
        """Queue the task; see `Queue.submit`."""
        if self._jobs.full():
            raise QueueUnavailable(f"{self._jobs.qsize()} tasks are waiting, which is the limit")
        task_id = create_state(self._context.db, task.name)
        try:
            self._jobs.put_nowait((task.priority, (task, task_id, arguments, current_trace())))
        except Full:
            error = QueueUnavailable("the queue filled up meanwhile")
            fail_state(self._context.db, task_id, error)
            raise error from None
        return task_id

    def state(self) -> str:
        """Return "degraded" while the queue is full."""
        return "degraded" if self._jobs.full() else "ok"

    def waiting(self) -> int:
        """Return how many tasks of this process wait for a runner."""
        return self._jobs.qsize()

    def run_jobs(self) -> None:
        """Run one job after another until told to stop."""
        while (job := self._jobs.get()[1]) is not None:
            task, task_id, arguments, trace = job
            try:
                with submitted_task(trace, task.name, task_id):
                    run_task(self._context, task, task_id, arguments)
            except Exception:
                get_logger().exception("the state of a task could not be written")

    def drain(self, runners: list[Thread], within_s: float) -> None:
        """Let everything accepted run, but no longer than `within_s`."""
        deadline = monotonic() + within_s
        try:
            for _ in runners:
                self._jobs.put((_LAST, None), timeout=max(0.0, deadline - monotonic()))
        except Full:
            get_logger().error("tasks lost at shutdown", waiting=self._jobs.qsize())
        for runner in runners:
            runner.join(max(0.0, deadline - monotonic()))


@contextmanager
def open_queue(settings: ServiceSettings, context: TaskContext) -> Iterator[InProcessQueue]:
    """Start the runners; at the end let accepted tasks finish."""
    assert isinstance(settings.tasks, InProcessSettings)  # noqa: S101 - `open_queue` chose this by it
    tasks = settings.tasks
    queue = InProcessQueue(context, tasks)
    names = (f"task-runner-{number}" for number in range(tasks.runners))
    runners = [Thread(target=queue.run_jobs, name=name, daemon=True) for name in names]
    for runner in runners:
        runner.start()
    try:
        yield queue
    finally:
        queue.drain(runners, tasks.drain_s)
