# Generated from hotpath/aio/tasks/worker.py by extensions/blocking.py; do not edit.
"""The worker process of Celery: opens the resources after fork, runs tasks, closes them."""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from celery import current_task
from celery.signals import worker_process_init, worker_process_shutdown

from hotpath.blocking.concurrency import Loop, run
from hotpath.blocking.db.engine import check_pools
from hotpath.blocking.resources import Resources
from hotpath.blocking.tasks.task import Arguments, Task, TaskContext, run_task
from hotpath.features import Features
from hotpath.observability.metrics import Metrics
from hotpath.observability.tracing import Tracer, open_tracing, received_task
from hotpath.settings import CelerySettings, ServiceSettings
from hotpath.tasks.broker import open_broker, task_name
from hotpath.tasks.worker_logs import configure_worker_logs


class WorkerProcess:
    """One process of the worker: its resources live as long as it does."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        self._open_resources = settings.service.module("resources").open_resources
        features = Features(settings.service)
        features.repositories()  # what is wrong with one is said once, and not by each process
        self._task_by_name = {task.name: task for task in features.tasks()}
        self._loop = Loop()
        self._stack = ExitStack()
        self._resources: Resources | None = None
        self._tracing = ExitStack()
        self._tracer: Tracer | None = None

    def open(self, **_: Any) -> None:
        """Open the resources of this process, after fork."""
        self._tracer = self._tracing.enter_context(open_tracing(self._settings.service))
        metrics = Metrics.of(self._settings)
        opening = self._open_resources(self._settings, metrics)
        self._resources = self._loop.run(self._stack.enter_context(opening))

    def run(self, name: str, task_id: str, arguments: Arguments) -> None:
        """Run one task to its end."""
        assert self._resources is not None  # noqa: S101 - Celery opens the process first
        headers = current_task.request.headers or {}
        context = self._resources.task_context()
        self._loop.run(self._run(context, headers, self._task_by_name[name], task_id, arguments))

    def _run(
        self,
        context: TaskContext,
        headers: Mapping[str, str],
        task: Task,
        task_id: str,
        arguments: Arguments,
    ) -> None:
        with received_task(self._tracer, task.name, task_id, headers):
            run_task(context, task, task_id, arguments)

    def close(self, **_: Any) -> None:
        """Close what `open` opened."""
        self._loop.run(self._stack.close())
        self._tracing.close()


def run_worker(settings: ServiceSettings) -> None:
    """Run tasks until SIGTERM; running ones finish first."""
    tasks = settings.tasks
    assert isinstance(tasks, CelerySettings)  # noqa: S101 - the command is of Celery alone
    configure_worker_logs(settings)
    run(check_pools(settings.db, tasks.worker_processes))
    process = WorkerProcess(settings)
    worker_process_init.connect(process.open, weak=False)
    worker_process_shutdown.connect(process.close, weak=False)
    broker = open_broker(settings.service, tasks)
    broker.task(process.run, name=task_name(settings.service), bind=False)
    banner = ["--quiet"] if settings.is_production else []
    broker.worker_main([*banner, "worker", "--without-gossip", "--without-mingle"])
