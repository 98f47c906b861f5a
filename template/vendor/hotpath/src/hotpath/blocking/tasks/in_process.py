"""Runs tasks in threads of this process, a bounded number at a time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from queue import Empty
from threading import Lock, Thread
from time import monotonic
from typing import Any

from hotpath.blocking.concurrency import FairPriorityQueue, pause
from hotpath.blocking.tasks.runner import TaskRunner
from hotpath.observability.logs import get_logger
from hotpath.settings import InProcessSettings, ServiceSettings
from hotpath.tasks.model import Message, QueueUnavailable
from hotpath.tasks.priority import Priority
from hotpath.tasks.task import DEFAULT_QUEUE, Task

_LOOKS_EACH_S = 0.01
_LAST = max(Priority) + 1
"""Of what ends a thread, once all tasks are taken."""


class InProcessBackend:
    """A bounded queue, in the order of `FairOrder`, and what runs its tasks."""

    def __init__(self, runner: TaskRunner, settings: InProcessSettings) -> None:
        self._runner = runner
        self._settings = settings
        self._jobs: FairPriorityQueue[str | None] = FairPriorityQueue()
        self._lock = Lock()
        self._left = 0
        """Tasks that were queued and have not ended."""

    def send(self, messages: Sequence[Message]) -> None:
        """Queue tasks."""
        with self._lock:
            self._left += len(messages)
        for message in messages:
            self._jobs.put((message.priority, message.task_id))

    def admit(self) -> None:
        """Return once the queue has room; see `Backend.admit`."""
        end = monotonic() + self._settings.enqueue_wait_s
        while self._is_full:
            if monotonic() >= end:
                size = self._settings.queue_size
                raise QueueUnavailable(f"{size} tasks are waiting, which is the limit")
            pause(_LOOKS_EACH_S)

    def room(self) -> int:
        """Return how many more tasks the queue takes."""
        return self._settings.queue_size - self._jobs.qsize() if self._settings.runners else 0

    def state(self) -> str:
        """Return "degraded" while the queue is full."""
        return "degraded" if self._is_full else "ok"

    def queue_of(self, _: Task[Any]) -> str:
        """Return the name of the one queue."""
        return DEFAULT_QUEUE

    def waiting(self, _: str = DEFAULT_QUEUE) -> int:
        """Return how many tasks of this process wait."""
        return self._jobs.qsize()

    def workers(self) -> int | None:
        """Return 1, for this process, or 0 if it runs none; None in a command: others may."""
        if not self._settings.runners:
            return 0
        return None if self._runner.resources is None else 1

    def beat(self) -> None:
        """Give up tasks that take too long; another thread takes the place of theirs."""
        limit_s = self._settings.time_limit_s
        for task_id in self._runner.overdue(limit_s):
            if self._runner.give_up(task_id, limit_s):
                self._end_one()
                self._start_runner()

    def start(self) -> None:
        """Start what runs tasks."""
        for _ in range(self._settings.runners):
            self._start_runner()

    def _start_runner(self) -> None:
        Thread(target=self._run_jobs, name="task-runner", daemon=True).start()

    def drain(self) -> None:
        """Wait until everything queued has run, but no longer than `drain_s`."""
        end = monotonic() + self._settings.drain_s
        while self._left and monotonic() < end:
            pause(_LOOKS_EACH_S)
        if self._left:
            self._runner.release(self._take_all())

    def stop(self) -> None:
        """End the threads that run no task now."""
        for _ in range(self._settings.runners):
            self._jobs.put((_LAST, None))

    def _run_jobs(self) -> None:
        while (task_id := self._jobs.get()[1]) is not None:
            try:
                is_own = self._runner.run(task_id)
            except Exception:
                get_logger().exception("a task could not be run")
                is_own = True
            if not is_own:
                return  # another thread has taken the place of this one
            self._end_one()

    def _take_all(self) -> list[str]:
        taken: list[str] = []
        while True:
            try:
                task_id = self._jobs.get_nowait()[1]
            except Empty:
                return taken
            if task_id is not None:
                taken.append(task_id)

    def _end_one(self) -> None:
        with self._lock:
            self._left -= 1

    @property
    def _is_full(self) -> bool:
        return self._jobs.qsize() >= self._settings.queue_size


@contextmanager
def open_backend(settings: ServiceSettings, runner: TaskRunner) -> Iterator[InProcessBackend]:
    """Start what runs tasks."""
    assert isinstance(settings.tasks, InProcessSettings)  # noqa: S101 - `open_tasks` chose this by it
    backend = InProcessBackend(runner, settings.tasks)
    backend.start()
    try:
        yield backend
    finally:
        backend.stop()
