# Generated from hotpath/aio/tasks/tasks.py by extensions/blocking.py; do not edit.
"""What features use: tasks are enqueued, in the database, and run by whoever the stack has."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from importlib import import_module
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from hotpath.blocking.concurrency import Background, require_same_kind
from hotpath.blocking.db.database import Database
from hotpath.blocking.db.sessions import after_commit
from hotpath.blocking.tasks.backend import Backend
from hotpath.blocking.tasks.relay import Relay
from hotpath.blocking.tasks.runner import REQUEST_ID, TaskRunner
from hotpath.blocking.tasks.states import (
    count_waiting,
    count_waiting_by_name,
    find_task,
    insert_tasks,
    read_state,
)
from hotpath.db.errors import DatabaseUnavailable
from hotpath.db.models import utc_now
from hotpath.features import Features
from hotpath.observability.logs import request_id
from hotpath.observability.metrics import Metrics
from hotpath.observability.tracing import inject
from hotpath.settings import CelerySettings, InProcessSettings, ServiceSettings, TaskSettings
from hotpath.tasks.model import Message, QueueUnavailable, TaskOut, TasksReport, WaitingTasks
from hotpath.tasks.priority import Priority
from hotpath.tasks.rows import new_row
from hotpath.tasks.task import Task

P = TypeVar("P")

_MODULES: tuple[tuple[type[TaskSettings], str], ...] = (
    (CelerySettings, "celery"),
    (InProcessSettings, "in_process"),
)
_STOPS_WITHIN_S = 7.0
"""Longer than SQLite waits for a lock, which may hold up the relay."""


class Tasks:
    """The tasks of a service: a row of the database each, from when they are enqueued.

    A task that is enqueued in a transaction runs if, and only if, that commits. None is lost: what
    was not started, or whose process died, is handed over again. So one may run more than once.
    """

    def __init__(
        self,
        settings: TaskSettings,
        metrics: Metrics,
        runner: TaskRunner,
        backend: Backend,
    ) -> None:
        self._settings = settings
        self._metrics = metrics
        self._db = runner.db
        self._backend = backend
        self._runner = runner
        self._relay = Relay(backend, runner, settings, self._measure)
        self.state, self.workers = backend.state, backend.workers
        for task in runner.declared:  # 0 too is a figure
            metrics.tasks_accepted.labels(task.name)
            metrics.tasks_refused.labels(task.name)

    def enqueue(  # noqa: PLR0913 - options by name
        self,
        task: Task[P],
        payload: P,
        *,
        priority: Priority | None = None,
        delay_s: float = 0.0,
        key: str | None = None,
        session: Session | None = None,
    ) -> str:
        """Have a task run soon; return its id.

        Args:
            task: What to run.
            payload: What it gets, beside the resources; None if it takes nothing else.
            priority: None for that of the task.
            delay_s: Seconds until it runs at the earliest.
            key: Where there is a task with this name and key, until it is purged, its id is
                returned and no other is enqueued.
            session: Of a transaction, with which the task is enqueued or not; None for one of
                its own.
        Raises:
            InvalidPayload: the payload is not what the task takes.
            QueueUnavailable: the queue is full.
            DatabaseUnavailable: there is no database.
        Cost: 1 statement, with a key 1 or 2.
        """
        self._admit(task)
        row = self._row(task, payload, priority=priority, delay_s=delay_s, key=key)
        if session is not None:
            return self._enqueue_one(session, task, row)
        with self._db.writing() as own:
            return self._enqueue_one(own, task, row)

    def enqueue_all(
        self,
        task: Task[P],
        payloads: Iterable[P],
        *,
        priority: Priority | None = None,
        session: Session | None = None,
    ) -> list[str]:
        """Have a task run for each payload; return their ids, in the same order.

        All are enqueued, or none. A task with a `chunk_size` shares a message with others.

        Raises:
            InvalidPayload: a payload is not what the task takes.
            QueueUnavailable: the queue is full.
            DatabaseUnavailable: there is no database.
        Cost: 1 statement for up to 1,000.
        """
        self._admit(task)
        rows = [
            self._row(task, each, priority=priority, before=number)
            for number, each in enumerate(payloads)
        ]
        if session is not None:
            return self._enqueue_rows(session, task, rows)
        with self._db.writing() as own:
            return self._enqueue_rows(own, task, rows)

    def status(self, task_id: str) -> TaskOut | None:
        """Return the state of a task; None if there is none. Cost: 1 query."""
        return read_state(self._db, task_id)

    def report(self) -> TasksReport:
        """Return how tasks are doing. Cost: 1 query, and with Celery 1 round trip to the broker."""
        workers = self._backend.workers()
        try:
            waiting, since = count_waiting(self._db, self._settings.resend_s)
        except DatabaseUnavailable:
            return TasksReport(workers=workers, waiting=None, oldest_s=None)
        oldest_s = 0.0 if since is None else _seconds_since(since)
        return TasksReport(workers=workers, waiting=waiting, oldest_s=oldest_s)

    def waiting(self) -> list[WaitingTasks]:
        """Return what waits, by name. Cost: 1 query that reads each task that waits."""
        queue_by_name = {task.name: task.queue for task in self._runner.declared}
        return [
            WaitingTasks(
                name=name,
                queue=queue_by_name.get(name),
                waiting=count,
                oldest_s=_seconds_since(since),
            )
            for name, count, since in count_waiting_by_name(self._db, self._settings.resend_s)
        ]

    def _measure(self) -> None:
        """Tell Prometheus how tasks are doing; what cannot be told stays as it was."""
        report, metrics = self.report(), self._metrics
        for gauge, value in (
            (metrics.task_workers, report.workers),
            (metrics.tasks_waiting, report.waiting),
            (metrics.tasks_oldest_seconds, report.oldest_s),
        ):
            if value is not None:
                gauge.set(value)
        metrics.flush()  # a worker has no requests that would

    def run(self, task_id: str) -> None:
        """Run a task here, as a worker does that was told to."""
        self._runner.run(task_id)

    def limit(self, limited: Callable[[], AbstractContextManager[object]]) -> None:
        """Enter `limited` while the function of a task runs; see `TaskRunner.limited`."""
        self._runner.limited = limited

    def give_up(self, task_id: str, limit_s: float) -> None:
        """Have a task fail that ran here; see `TaskRunner.give_up`."""
        self._runner.give_up(task_id, limit_s)

    @contextmanager
    def running(self, resources: object) -> Iterator[None]:
        """Run tasks, or have them run, until the end; they get these resources."""
        self._runner.resources = resources
        with Background(at_once=1) as background:
            background.start(self._relay.run)
            try:
                yield
            finally:
                try:
                    self._relay.drain(_STOPS_WITHIN_S)
                    self._backend.drain()
                finally:  # what still runs would hold the process
                    self._relay.stop(_STOPS_WITHIN_S)

    def _admit(self, task: Task[P]) -> None:
        try:
            self._backend.admit()
        except QueueUnavailable:
            self._metrics.tasks_refused.labels(task.name).inc()
            raise

    def _row(  # noqa: PLR0913 - options by name
        self,
        task: Task[P],
        payload: P,
        *,
        priority: Priority | None,
        before: int = 0,
        delay_s: float = 0.0,
        key: str | None = None,
    ) -> dict[str, Any]:
        is_sent = delay_s <= 0 and self._backend.room() > before
        in_s = self._settings.resend_s if is_sent else max(0.0, delay_s)
        return new_row(
            task,
            payload,
            priority=priority,
            sent_in_s=in_s,
            is_sent=is_sent,
            delay_s=delay_s,
            key=key,
            context=_context(),
        )

    def _enqueue_one(self, session: Session, task: Task[P], row: Mapping[str, Any]) -> str:
        [task_id] = insert_tasks(session, self._db.sql, [row])
        if task_id is not None:
            self._hand_over(session, task, [row])
            return task_id
        found = find_task(session, row["name"], row["key"])
        # Without one it was purged meanwhile, which makes room.
        return self._enqueue_one(session, task, row) if found is None else found

    def _enqueue_rows(
        self, session: Session, task: Task[P], rows: Sequence[Mapping[str, Any]]
    ) -> list[str]:
        insert_tasks(session, self._db.sql, rows)
        self._hand_over(session, task, rows)
        return [row["id"] for row in rows]

    def _hand_over(
        self, session: Session, task: Task[P], rows: Sequence[Mapping[str, Any]]
    ) -> None:
        messages = [
            Message(row["id"], row["name"], row["priority"]) for row in rows if row["is_sent"]
        ]

        def go() -> None:
            self._metrics.tasks_accepted.labels(task.name).inc(len(rows))
            self._relay.hand_over(messages)

        after_commit(session, go)


def _seconds_since(time: datetime) -> float:
    return round(max(0.0, (utc_now() - time).total_seconds()), 3)


def _context() -> dict[str, str]:
    headers: dict[str, str] = {}
    inject(headers)
    current = request_id()
    return headers if current is None else {**headers, REQUEST_ID: current}


@contextmanager
def open_tasks(settings: ServiceSettings, metrics: Metrics, db: Database) -> Iterator[Tasks]:
    """Open the tasks of this process, by the class of `settings.tasks`."""
    module = next(module for class_, module in _MODULES if isinstance(settings.tasks, class_))
    declared = Features(settings.service).tasks()
    for task in declared:
        require_same_kind(task.function)
    runner = TaskRunner(db, declared, settings.tasks, metrics)
    backend_module = import_module(f"{__package__}.{module}")
    with backend_module.open_backend(settings, runner) as backend:
        yield Tasks(settings.tasks, metrics, runner, backend)
