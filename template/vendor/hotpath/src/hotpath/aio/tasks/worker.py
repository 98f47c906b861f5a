"""The worker process of Celery: opens the resources after fork, runs tasks, closes them."""

import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, contextmanager
from typing import Any

from celery.signals import worker_process_init, worker_process_shutdown

from hotpath.aio.concurrency import Loop, pause, run
from hotpath.aio.db.database import open_database
from hotpath.aio.db.engine import check_pools
from hotpath.aio.resources import Resources
from hotpath.cli.serving import metrics_served
from hotpath.db.errors import DatabaseUnavailable
from hotpath.features import Features
from hotpath.observability.logs import get_logger
from hotpath.observability.metrics import Metrics
from hotpath.observability.tracing import open_tracing
from hotpath.settings import CelerySettings, ServiceSettings
from hotpath.tasks.broker import be_worker, celery_name, open_worker
from hotpath.tasks.task import queues_of
from hotpath.tasks.worker_logs import configure_worker_logs

_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 5.0
FAILED = 1


class TimeLimit(BaseException):
    """A task has reached the soft limit; no `except Exception` of it goes on."""


class WorkerProcess:
    """One process of the worker: its resources live as long as it does."""

    def __init__(self, settings: ServiceSettings) -> None:
        assert isinstance(settings.tasks, CelerySettings)  # noqa: S101 - the command is of Celery alone
        self._settings = settings
        self._limit_s = settings.tasks.soft_time_limit_s
        self._open_resources = settings.service.module("resources").open_resources
        self._loop = Loop()
        self._stack = AsyncExitStack()
        self._resources: Resources | None = None
        self._tracing = ExitStack()

    def open(self, **_: Any) -> None:
        """Open the resources of this process, after fork."""
        self._tracing.enter_context(open_tracing(self._settings.service))
        metrics = Metrics.of(self._settings)
        opening = self._open_resources(self._settings, metrics)
        self._resources = self._loop.run(self._stack.enter_async_context(opening))
        self._resources.tasks.limit(self._limited)

    def run(self, task_ids: Sequence[str]) -> None:
        """Run tasks to their end, one after the other."""
        assert self._resources is not None  # noqa: S101 - Celery opens the process first
        signal.signal(signal.SIGALRM, _raise_time_limit)
        tasks = self._resources.tasks
        for task_id in task_ids:
            try:
                self._loop.run(tasks.run(task_id))
            except TimeLimit:
                self._loop.run(tasks.give_up(task_id, self._limit_s))

    @contextmanager
    def _limited(self) -> Iterator[None]:
        """Have a task interrupted after its own limit: Celery's are those of whole messages."""
        signal.setitimer(signal.ITIMER_REAL, self._limit_s)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def close(self, **_: Any) -> None:
        """Close what `open` opened."""
        self._loop.run(self._stack.aclose())
        self._tracing.close()


def run_worker(
    settings: ServiceSettings, queues: Sequence[str] = (), metrics_port: int = 0
) -> None:
    """Run tasks until SIGTERM; running ones finish first.

    Args:
        settings: Of the service.
        queues: Those that this worker takes tasks from; all if none are named.
        metrics_port: TCP port of `/metrics`, for all processes of this worker; 0 for none.
    """
    tasks = settings.tasks
    assert isinstance(tasks, CelerySettings)  # noqa: S101 - the command is of Celery alone
    configure_worker_logs(settings)
    run(_wait_for_database(settings))
    run(check_pools(settings.db, tasks.worker_processes))
    features = Features(settings.service)
    features.repositories()  # what is wrong with one is said once, and not by each process
    declared = features.tasks()
    be_worker(f"{socket.gethostname()}:{os.getpid()}")
    process = WorkerProcess(settings)
    worker_process_init.connect(process.open, weak=False)
    worker_process_shutdown.connect(process.close, weak=False)
    app = open_worker(settings.service, tasks, queues or queues_of(declared))
    app.set_current()
    for task in declared:
        app.task(process.run, name=celery_name(settings.service, task.name), bind=False)
    worker = app.Worker(
        quiet=settings.is_production, loglevel="INFO", without_gossip=True, without_mingle=True
    )
    with metrics_served(settings, metrics_port):
        worker.start()
    sys.exit(FAILED if worker.exitcode is None else worker.exitcode)


async def _wait_for_database(settings: ServiceSettings) -> None:
    """Return once the database answers: what a worker takes before that would only wait there."""
    pause_s, is_told = _FIRST_PAUSE_S, False
    while True:
        try:
            async with open_database(settings.db, Metrics.of(settings)) as db:
                await db.ping()
        except DatabaseUnavailable as error:
            if not is_told:
                get_logger().warning("worker waits for the database", error=str(error))
            is_told = True
            await pause(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        else:
            return


def _raise_time_limit(*_: object) -> None:
    raise TimeLimit
