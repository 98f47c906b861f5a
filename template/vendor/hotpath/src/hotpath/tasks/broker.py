"""The Celery application: what it promises about a task, shared by service and worker."""

from typing import Any

from celery import Celery

from hotpath.service import Service
from hotpath.settings import CelerySettings


def task_name(service: Service) -> str:
    """Return the name of the one Celery task, which runs a service's tasks by their names."""
    return f"{service.package}.run_task"


def open_broker(service: Service, settings: CelerySettings) -> Celery:
    """Make the application; connections are opened on first use."""
    app = Celery(service.package, broker=settings.broker_url.get_secret_value())
    app.conf.update(_configuration(service, settings))
    return app


def _configuration(service: Service, settings: CelerySettings) -> dict[str, Any]:
    timeout = settings.publish_timeout_s
    return {
        # A worker that dies loses nothing: a task is acknowledged when it is done.
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "task_soft_time_limit": settings.soft_time_limit_s,
        "task_time_limit": settings.time_limit_s,
        "task_ignore_result": True,  # states are kept in the database
        "task_default_queue": service.package,
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
