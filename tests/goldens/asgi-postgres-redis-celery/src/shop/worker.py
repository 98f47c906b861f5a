"""The worker process of Celery: opens the resources after fork, runs tasks, closes them."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

from celery.signals import setup_logging, worker_process_init, worker_process_shutdown
from pydantic import JsonValue

from .concurrency import Loop, run
from .db.capacity import check_pools
from .features import TASKS
from .observability.logs import configure_logs
from .observability.metrics import Metrics
from .resources import Resources, open_resources
from .settings import Settings
from .tasks.broker import RUN_TASK, open_broker
from .tasks.task import run_task

_TASK_BY_NAME = {task.name: task for task in TASKS}


class WorkerProcess:
    """One process of the worker: its resources live as long as it does."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loop = Loop()
        self._stack = AsyncExitStack()
        self._resources: Resources | None = None

    def open(self, **_: Any) -> None:
        """Open the resources of this process, after fork."""
        opening = open_resources(self._settings, Metrics())
        self._resources = self._loop.run(self._stack.enter_async_context(opening))

    def run(self, name: str, task_id: str, arguments: Mapping[str, JsonValue]) -> None:
        """Run one task to its end."""
        assert self._resources is not None  # noqa: S101 - Celery opens the process first
        context = self._resources.task_context()
        self._loop.run(run_task(context, _TASK_BY_NAME[name], task_id, arguments))

    def close(self, **_: Any) -> None:
        """Close what `open` opened."""
        self._loop.run(self._stack.aclose())


def run_worker(settings: Settings) -> None:
    """Run tasks until SIGTERM; running ones finish first."""
    logs = settings.observability
    is_json = settings.environment == "production"
    configure_logs(logs, is_json=is_json)
    run(check_pools(settings.db, settings.tasks.worker_processes))
    setup_logging.connect(lambda **_: configure_logs(logs, is_json=is_json), weak=False)
    process = WorkerProcess(settings)
    worker_process_init.connect(process.open, weak=False)
    worker_process_shutdown.connect(process.close, weak=False)
    broker = open_broker(settings.tasks)
    broker.task(process.run, name=RUN_TASK, bind=False)
    broker.worker_main(["worker", "--without-gossip", "--without-mingle", "--loglevel=INFO"])
