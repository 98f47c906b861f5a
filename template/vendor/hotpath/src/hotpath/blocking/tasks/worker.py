# Generated from hotpath/aio/tasks/worker.py by extensions/blocking.py; do not edit.
"""The worker process of Celery: opens the resources after fork, runs tasks, closes them."""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from celery.signals import setup_logging, worker_process_init, worker_process_shutdown
from pydantic import JsonValue

from hotpath.blocking.concurrency import Loop, run
from hotpath.blocking.db.engine import check_pools
from hotpath.blocking.resources import Resources
from hotpath.blocking.tasks.task import run_task
from hotpath.features import Features
from hotpath.observability.logs import configure_logs
from hotpath.observability.metrics import Metrics
from hotpath.settings import CelerySettings, ServiceSettings
from hotpath.tasks.broker import open_broker, task_name


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

    def open(self, **_: Any) -> None:
        """Open the resources of this process, after fork."""
        metrics = Metrics.of(self._settings)
        opening = self._open_resources(self._settings, metrics)
        self._resources = self._loop.run(self._stack.enter_context(opening))

    def run(self, name: str, task_id: str, arguments: Mapping[str, JsonValue]) -> None:
        """Run one task to its end."""
        assert self._resources is not None  # noqa: S101 - Celery opens the process first
        context = self._resources.task_context()
        self._loop.run(run_task(context, self._task_by_name[name], task_id, arguments))

    def close(self, **_: Any) -> None:
        """Close what `open` opened."""
        self._loop.run(self._stack.close())


def run_worker(settings: ServiceSettings) -> None:
    """Run tasks until SIGTERM; running ones finish first."""
    logs, is_json, tasks = settings.observability, settings.is_production, settings.tasks
    assert isinstance(tasks, CelerySettings)  # noqa: S101 - the command is of Celery alone
    configure_logs(logs, is_json=is_json)
    run(check_pools(settings.db, tasks.worker_processes))
    setup_logging.connect(lambda **_: configure_logs(logs, is_json=is_json), weak=False)
    process = WorkerProcess(settings)
    worker_process_init.connect(process.open, weak=False)
    worker_process_shutdown.connect(process.close, weak=False)
    broker = open_broker(settings.service, tasks)
    broker.task(process.run, name=task_name(settings.service), bind=False)
    broker.worker_main(["worker", "--without-gossip", "--without-mingle", "--loglevel=INFO"])
