"""Running tasks: each is claimed in the database, called, and its end is written there."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from time import perf_counter
from typing import Any, TypeVar
from uuid import uuid4

from pydantic import JsonValue
from pydantic_core import to_jsonable_python

from hotpath.aio.concurrency import contain, pause
from hotpath.aio.db.database import Database
from hotpath.aio.tasks.states import (
    claim_task,
    fail_task,
    finish_task,
    lose_tasks,
    release_tasks,
    renew_leases,
    retry_task,
    unsend_tasks,
)
from hotpath.db.errors import DatabaseUnavailable
from hotpath.observability.logs import bound_to_task, get_logger
from hotpath.observability.metrics import Metrics
from hotpath.observability.tracing import fail_trace, task_span
from hotpath.settings import TaskSettings
from hotpath.tasks.model import ClaimedTask, InvalidPayload
from hotpath.tasks.task import Task, retry_in_s

REQUEST_ID = "x-request-id"
_OUTCOMES = ("succeeded", "failed", "retried", "lost")
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 5.0

T = TypeVar("T")


class CannotRun(Exception):
    """A task cannot be run at all, by this version or any more."""


class TaskTimeout(Exception):
    """A task took longer than it may."""


class TaskRunner:
    """Runs tasks in this process, which owns them meanwhile."""

    def __init__(
        self, db: Database, declared: Sequence[Task[Any]], settings: TaskSettings, metrics: Metrics
    ) -> None:
        self.db = db
        self.declared = declared
        self._task_by_name = {task.name: task for task in declared}
        self.once = [task.name for task in declared if not task.reruns]
        self._settings = settings
        self._metrics = metrics
        self._owner = uuid4().hex
        self._running: dict[str, tuple[ClaimedTask, float]] = {}
        """With the time of its start. What was interrupted stays here, until it is given up."""
        self.resources: Any = None
        """What tasks get; set before the first one runs."""

        self.limited: Callable[[], AbstractContextManager[object]] = nullcontext
        """Entered while the function of a task runs, and no longer."""

        for name in self._task_by_name:  # 0 too is a figure
            for outcome in _OUTCOMES:
                metrics.tasks_finished.labels(name, outcome)

    async def run(self, task_id: str) -> bool:
        """Run a task to its end, unless it runs elsewhere, or has ended.

        Return False if it was given up meanwhile.
        """
        claimed = await _patiently(partial(self.claim, task_id))
        if claimed is None:
            return True
        entry = self._running[task_id] = claimed, perf_counter()
        headers = claimed.context or {}
        request_id = {"request_id": headers[REQUEST_ID]} if REQUEST_ID in headers else {}
        with (
            bound_to_task(task_id=task_id, task=claimed.name, **request_id),
            task_span(claimed.name, task_id, headers),
        ):
            await self._run(claimed)
        if self._running.get(task_id) is not entry:  # it may run here again
            return False
        return self._running.pop(task_id, None) is entry

    async def claim(self, task_id: str) -> ClaimedTask | None:
        """Make a task one that this process runs; None if it runs elsewhere, or has ended."""
        return await claim_task(self.db, task_id, self._owner, self._settings.lease_s)

    def overdue(self, limit_s: float) -> list[str]:
        """Return the ids of the tasks that have run here for longer than this."""
        now = perf_counter()
        running = [*self._running.items()]
        return [task_id for task_id, (_, started) in running if now - started > limit_s]

    async def give_up(self, task_id: str, limit_s: float) -> bool:
        """Have a task fail that took too long, and was interrupted by the caller if it could be.

        Return False if it has ended meanwhile.
        """
        claimed, _ = self._running.pop(task_id, (None, 0.0))
        if claimed is None:
            return False
        with bound_to_task(task_id=task_id, task=claimed.name):
            await self._fail(claimed, TaskTimeout(f"it took longer than {limit_s:g} s"))
        return True

    async def renew(self) -> None:
        """Say that the tasks which run here are alive, if there are some."""
        if self._running:
            await renew_leases(self.db, self._owner, self._settings.lease_s)

    async def lose(self) -> None:
        """Mark tasks as lost whose process died, whichever it was, and that must not run again."""
        if self.once:
            for task_id, name in await lose_tasks(self.db, self.once):
                get_logger().error("task lost: its process died", task_id=task_id, task=name)
                self._count(name, "lost")

    async def release(self, waiting: Sequence[str]) -> None:
        """Have tasks that run or wait here run elsewhere, or at the next start, and name them.

        Those that run, and must not run again, are lost. While the database is away nothing is
        written: the leases of tasks that run will end, and what waits will be sent again.
        """
        if left := [*self._running, *waiting]:
            get_logger().warning("tasks left at shutdown", count=len(left), ids=left[:20])
        try:
            if self._running and self.once:
                for task_id, name in await lose_tasks(self.db, self.once, self._owner):
                    get_logger().error("task lost: its process stops", task_id=task_id, task=name)
                    self._count(name, "lost")
            if self._running:
                await release_tasks(self.db, self._owner)
            if waiting:
                await unsend_tasks(self.db, waiting, 0)
        except DatabaseUnavailable as error:
            get_logger().warning("tasks left run once their leases have ended", error=str(error))

    async def _run(self, claimed: ClaimedTask) -> None:
        started = perf_counter()
        try:
            result = await self._call(claimed)
            seconds = perf_counter() - started
            is_own = await _patiently(partial(finish_task, self.db, claimed, self._owner, result))
        except Exception as error:
            fail_trace(error)
            await self._fail(claimed, error)
            return
        self._metrics.task_seconds.labels(claimed.name).add(seconds)
        if is_own:
            self._count(claimed.name, "succeeded")
            get_logger().info("task succeeded", seconds=round(seconds, 3))
        else:
            get_logger().warning("task ended too late: it was given up, or runs elsewhere")

    async def _call(self, claimed: ClaimedTask) -> JsonValue:
        task = self._task_by_name.get(claimed.name)
        if task is None:
            raise CannotRun(f"no feature has a task {claimed.name}")
        if claimed.attempts > 1 + task.retries:
            raise CannotRun(f"its process died in each of {claimed.attempts - 1} attempts")
        with self.limited():
            result = await contain(task.function, self.resources, *task.load(claimed.payload))
        jsonable: JsonValue = to_jsonable_python(result, inf_nan_mode="null")
        return jsonable

    async def _fail(self, claimed: ClaimedTask, error: Exception) -> None:
        task = self._task_by_name.get(claimed.name)
        attempts, settings = claimed.attempts, self._settings
        is_final = (
            task is None
            or attempts > task.retries
            or isinstance(error, (CannotRun, InvalidPayload, *task.throws))
        )
        if is_final:
            get_logger().error("task failed", exc_info=error)
            end = partial(fail_task, self.db, claimed, self._owner, error)
        else:
            wait_s = retry_in_s(attempts, settings.retry_wait_s, settings.retry_max_wait_s)
            get_logger().warning("task runs again", in_s=round(wait_s, 1), exc_info=error)
            end = partial(retry_task, self.db, claimed, self._owner, error, wait_s)
        if await _patiently(end):  # else it was given up, or runs elsewhere
            self._count(claimed.name, "failed" if is_final else "retried")

    def _count(self, name: str, outcome: str) -> None:
        self._metrics.tasks_finished.labels(name, outcome).inc()


async def _patiently(work: Callable[[], Awaitable[T]]) -> T:
    """Do what needs the database, once that is there: else a task would be lost, or run twice."""
    pause_s = _FIRST_PAUSE_S
    while True:
        try:
            return await work()
        except DatabaseUnavailable:
            await pause(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
