# Generated from hotpath/aio/tasks/relay.py by extensions/blocking.py; do not edit.
"""Hands tasks to who runs them: at once after their commit, and again what was not started."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from hotpath.blocking.concurrency import Signal, Wakeup
from hotpath.blocking.tasks.backend import Backend
from hotpath.blocking.tasks.runner import TaskRunner
from hotpath.blocking.tasks.states import has_due, insert_tasks, take_due, unsend_tasks
from hotpath.db.models import utc_now
from hotpath.observability.logs import get_logger
from hotpath.settings import TaskSettings
from hotpath.tasks.model import KnownTasks, Message, QueueUnavailable
from hotpath.tasks.rows import periodic_row
from hotpath.tasks.task import Task

SCAN_S = 1.0
"""Seconds between looks at the database."""
_SCAN_MORE_S = 0.1
"""The same while more waits there than there was room for; a look without room costs no query."""
MEASURE_S = 5.0
"""Seconds between measurements of what waits."""
_MOST_AT_ONCE = 1000
_FEW = 100
_MISSING_AFTER = timedelta(minutes=10)
"""After which a task that was handed over is missing, though others wait; while these are few, so
that a long queue is not sent twice."""
_LEASE_PARTS = 3


class Relay:
    """Runs in every process that enqueues or runs tasks, and looks after those of all."""

    def __init__(
        self,
        backend: Backend,
        runner: TaskRunner,
        settings: TaskSettings,
        measure: Callable[[], None],
    ) -> None:
        """Create the one of a process; `measure` is called each `MEASURE_S`."""
        self._measure = measure
        self._db = runner.db
        self._backend = backend
        self._runner = runner
        self._known_by_queue = {
            queue: KnownTasks([task.name for task in tasks], runner.once)
            for queue, tasks in _grouped(runner.declared, backend.queue_of).items()
        }
        self._periodic = {task: utc_now() for task in runner.declared if task.every is not None}
        self._settings = settings
        self._new: deque[Message] = deque()
        self._wakeup = Wakeup()
        self._drained, self._stopped = Signal(), Signal()
        self._look_at, self._renew_at, self._measure_at = monotonic() + SCAN_S, 0.0, 0.0
        self._is_draining = self._is_stopping = False
        self._is_failing = self._is_backend_away = False
        self._queues_with_more: set[str] = set()

    def hand_over(self, messages: Iterable[Message]) -> None:
        """Hand over tasks that have just been committed, soon."""
        self._new.extend(messages)
        self._wakeup.set()

    def run(self) -> None:
        """Look after tasks until `stop`."""
        while not self._is_stopping:
            next_at = min(self._look_at, self._renew_at)
            self._wakeup.wait(max(0.0, next_at - monotonic()))
            is_last = self._is_draining
            self._step()
            if is_last:
                self._drained.set()
        self._step()
        self._stopped.set()

    def _step(self) -> None:
        try:
            self._send_new()
            self._renew()
            if monotonic() >= self._look_at and not self._is_stopping:
                self._look()
                self._look_at = monotonic() + (_SCAN_MORE_S if self._queues_with_more else SCAN_S)
                self._is_failing = False
        except Exception as error:  # whatever it is, tasks wait until it has passed
            self._look_at = monotonic() + SCAN_S
            if not self._is_failing:
                get_logger().warning("tasks wait", error=f"{type(error).__name__}: {error}")
            self._is_failing = True

    def _look(self) -> None:
        self._backend.beat()
        if self._is_draining:
            return
        self._enqueue_periodic(utc_now())
        self._runner.lose()
        for queue, known in self._known_by_queue.items():
            self._send_due(queue, known)
        if monotonic() >= self._measure_at:
            self._measure_at = monotonic() + MEASURE_S
            self._measure()

    def _renew(self) -> None:
        if monotonic() >= self._renew_at:
            self._renew_at = monotonic() + self._settings.lease_s / _LEASE_PARTS
            self._runner.renew()

    def drain(self, within_s: float) -> None:
        """Hand over what is left, and from then on only what was enqueued here."""
        self._is_draining = True
        self._wakeup.set()
        self._drained.wait(within_s)

    def stop(self, within_s: float) -> None:
        """End."""
        self._is_stopping = True
        self._wakeup.set()
        self._stopped.wait(within_s)

    def _send_new(self) -> None:
        messages = [self._new.popleft() for _ in range(min(len(self._new), _MOST_AT_ONCE))]
        if messages:
            self._send(messages)
        if self._new:
            self._wakeup.set()

    def _send_due(self, queue: str, known: KnownTasks) -> None:
        sent_before = missing_before(self._backend.waiting(queue))
        while (room := min(self._backend.room(), _MOST_AT_ONCE)) > 0:
            resend_s = self._settings.resend_s
            kind: dict[str, Any] = {"sent_before": sent_before, "known": known}
            is_due = has_due(self._db, **kind)
            due = take_due(self._db, room, resend_s, **kind) if is_due else []
            has_more = len(due) == room
            (self._queues_with_more.add if has_more else self._queues_with_more.discard)(queue)
            if due:
                self._send(due)
            if not has_more or self._is_backend_away or self._is_draining:
                return

    def _send(self, messages: Sequence[Message]) -> None:
        try:
            self._backend.send(messages)
        except QueueUnavailable as error:
            if not self._is_backend_away:
                get_logger().warning("tasks wait in the database", reason=str(error))
            self._is_backend_away = True
            ids = [each.task_id for each in messages]
            unsend_tasks(self._db, ids, self._settings.resend_s)
        else:
            if self._is_backend_away:
                get_logger().info("tasks are handed over again")
            self._is_backend_away = False

    def _enqueue_periodic(self, now: datetime) -> None:
        """Enqueue what is due by itself; of all processes, the first one does."""
        for task, due_at in self._periodic.items():
            if now >= due_at:
                row, next_at = periodic_row(task, now)
                with self._db.writing() as session:
                    insert_tasks(session, self._db.sql, [row])
                self._periodic[task] = next_at


def _grouped(
    declared: Sequence[Task[Any]], queue_of: Callable[[Task[Any]], str]
) -> dict[str, list[Task[Any]]]:
    grouped: dict[str, list[Task[Any]]] = {}
    for task in declared:
        grouped.setdefault(queue_of(task), []).append(task)
    return grouped


def missing_before(waiting: int | None) -> datetime | None:
    """Return when a task that was handed over should have been started by; see `take_due`.

    Args:
        waiting: Tasks that wait there; None if that cannot be told.
    """
    if waiting is None or waiting > _FEW:
        return None
    return utc_now() - _MISSING_AFTER if waiting else utc_now()
