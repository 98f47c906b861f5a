# Generated from hotpath/aio/tasks/task.py by extensions/blocking.py; do not edit.
"""What a task is, how one runs, and the queue that takes them: the same for every backend."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol

from pydantic import JsonValue

from hotpath.blocking.cache.cache import Cache
from hotpath.blocking.db.database import Database
from hotpath.blocking.http_client.client import HttpClient
from hotpath.blocking.tasks.states import fail_state, finish_state, start_state
from hotpath.features import Features
from hotpath.observability.logs import bound_to_task, get_logger
from hotpath.observability.metrics import Metrics
from hotpath.observability.tracing import fail_trace
from hotpath.service import Service
from hotpath.settings import CelerySettings, InProcessSettings, ServiceSettings, TaskSettings
from hotpath.tasks.model import QueueUnavailable
from hotpath.tasks.priority import Priority

Arguments = Mapping[str, JsonValue]


_MODULES: tuple[tuple[type[TaskSettings], str], ...] = (
    (CelerySettings, "celery"),
    (InProcessSettings, "in_process"),
)


@dataclass(frozen=True)
class TaskContext:
    """What a task may use: the resources of the process it runs in."""

    db: Database
    cache: Cache
    http: HttpClient


@dataclass(frozen=True)
class Task:
    """A named function of JSON arguments; it may run twice, so its effects must allow that."""

    name: str
    run: Callable[[TaskContext, Arguments], JsonValue]
    priority: Priority = Priority.NORMAL
    """Urgent ones overtake others that wait, but do not starve them: see `FairOrder`. Celery's
    workers take tasks in the order in which they were submitted."""


class Queue(Protocol):
    """Takes tasks; who runs them, and where, is the stack's choice."""

    def submit(self, task: Task, arguments: Arguments) -> str:
        """Take a task and return its id, without waiting for it.

        Raises:
            QueueUnavailable: it cannot be taken now; nothing will run.
        """
        ...

    def state(self) -> str:
        """Return "ok", or "degraded" while tasks cannot be taken."""
        ...

    def waiting(self) -> int | None:
        """Return how many tasks wait to be run; None if that cannot be told now."""
        ...


def run_task(context: TaskContext, task: Task, task_id: str, arguments: Arguments) -> None:
    """Run a task unless it was finished before, and write how it ended."""
    with bound_to_task(task_id=task_id, task=task.name):
        if not start_state(context.db, task_id):
            return
        try:
            result = task.run(context, arguments)
        except Exception as error:
            get_logger().exception("task failed")
            fail_trace(error)
            fail_state(context.db, task_id, error)
            return
        finish_state(context.db, task_id, result)
        get_logger().info("task succeeded")


class _CountedQueue:
    """Counts what a queue takes and what it does not; 0 too, for the tasks of features."""

    def __init__(self, queue: Queue, metrics: Metrics, service: Service) -> None:
        self._queue = queue
        self._metrics = metrics
        self.state, self.waiting = queue.state, queue.waiting
        for task in Features(service).tasks():
            metrics.tasks_accepted.labels(task.name)
            metrics.tasks_refused.labels(task.name)

    def submit(self, task: Task, arguments: Arguments) -> str:
        """Take a task; see `Queue.submit`."""
        try:
            task_id = self._queue.submit(task, arguments)
        except QueueUnavailable:
            self._metrics.tasks_refused.labels(task.name).inc()
            raise
        self._metrics.tasks_accepted.labels(task.name).inc()
        return task_id


@contextmanager
def open_queue(
    settings: ServiceSettings, metrics: Metrics, db: Database, cache: Cache, http: HttpClient
) -> Iterator[Queue]:
    """Open the queue of this process, by the class of `settings.tasks`."""
    module = next(module for class_, module in _MODULES if isinstance(settings.tasks, class_))
    backend = import_module(f"{__package__}.{module}")
    with backend.open_queue(settings, TaskContext(db, cache, http)) as queue:
        yield _CountedQueue(queue, metrics, settings.service)
