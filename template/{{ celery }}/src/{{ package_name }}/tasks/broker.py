"""The Celery application: what it promises about a task, shared by service and worker."""

from typing import Any

from celery import Celery

from .settings import TaskSettings

PACKAGE = __package__.partition(".")[0]
RUN_TASK = f"{PACKAGE}.run_task"
"""The one Celery task: runs ours by name, writes its state, see `worker.py`."""


def open_broker(settings: TaskSettings) -> Celery:
    """Make the application; connections are opened on first use."""
    app = Celery(PACKAGE, broker=settings.broker_url.get_secret_value())
    app.conf.update(_configuration(settings))
    return app


def _configuration(settings: TaskSettings) -> dict[str, Any]:
    timeout = settings.publish_timeout_s
    return {
        # A worker that dies loses nothing: a task is acknowledged when it is done.
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "task_soft_time_limit": settings.soft_time_limit_s,
        "task_time_limit": settings.time_limit_s,
        "task_ignore_result": True,  # states are kept in the database
        "task_default_queue": PACKAGE,
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_publish_retry": False,
        "broker_connection_retry_on_startup": True,
        "broker_connection_timeout": timeout,
        "broker_transport_options": {
            "visibility_timeout": settings.visibility_timeout_s,
            "socket_timeout": timeout,
            "socket_connect_timeout": timeout,
            "max_retries": 0,
        },
        "worker_hijack_root_logger": False,
        "worker_concurrency": settings.worker_processes,
    }
