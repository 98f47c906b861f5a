"""The Celery application: queues, priorities and time limits, shared by service and worker.

The broker carries the ids of tasks, and the database keeps the tasks: what the broker loses is sent
again.
"""

from collections.abc import Iterable
from typing import Any

from celery import Celery
from kombu.entity import Queue

from hotpath.service import Service
from hotpath.settings import CelerySettings
from hotpath.tasks.priority import Priority
from hotpath.tasks.task import DEFAULT_QUEUE

_SEPARATOR = ":"
_STEPS = [int(each) for each in Priority]
_VISIBILITY_MARGIN_S = 60
_HEALTH_CHECK_S = 5
_SILENCE_S = 8.0
"""Seconds without an answer after which a worker takes its connection for dead: longer than its
longest wait for a message, which is a second."""


_this_worker: list[str] = []


def this_worker() -> str | None:
    """Return the name of the worker that this process is of; None in other processes."""
    return _this_worker[-1] if _this_worker else None


def be_worker(name: str) -> None:
    """Make this process, and those it forks, ones of a worker."""
    _this_worker.append(name)


def celery_name(service: Service, name: str) -> str:
    """Return the name that Celery's tools know a task by, such as `shop.send_welcome`."""
    return f"{service.package}.{name}"


def queue_name(service: Service, queue: str) -> str:
    """Return the name of a queue at the broker, such as `shop.reports`; the default is `shop`."""
    return service.package if queue == DEFAULT_QUEUE else f"{service.package}.{queue}"


def lists_of(queue: str) -> list[str]:
    """Return the lists in which Redis holds the messages of a queue, one for each priority."""
    return [f"{queue}{_SEPARATOR}{step}" if step else queue for step in _STEPS]


def workers_key(service: Service) -> str:
    """Return the key of the sorted set with the workers that live."""
    return f"{service.package}.workers"


def open_publisher(service: Service, settings: CelerySettings) -> Celery:
    """Make the application of who publishes; connections are opened on first use, and fail soon."""
    timeout_s = settings.publish_timeout_s
    return _application(service, settings, timeout_s, max_retries=0)


def open_worker(service: Service, settings: CelerySettings, queues: Iterable[str]) -> Celery:
    """Make the application of a worker, which waits for its broker as long as it takes."""
    app = _application(service, settings, _SILENCE_S)
    make_queue: Any = Queue  # it has no types
    app.conf.task_queues = [make_queue(queue_name(service, each)) for each in queues]
    app.conf.worker_cancel_long_running_tasks_on_connection_loss = False
    app.conf.broker_connection_max_retries = None
    return app


def _application(
    service: Service, settings: CelerySettings, timeout_s: float, **transport: Any
) -> Celery:
    url = settings.broker_url.get_secret_value()
    app = Celery(service.package, broker=url, set_as_current=False)
    app.conf.update(
        # A worker that dies loses nothing: a task is acknowledged when it is done.
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        task_time_limit=settings.time_limit_s,
        task_ignore_result=True,  # states are kept in the database
        task_default_queue=service.package,
        task_default_priority=int(Priority.NORMAL),
        task_serializer="json",
        accept_content=["json"],
        task_publish_retry=False,
        broker_connection_retry_on_startup=True,
        broker_connection_timeout=timeout_s,
        broker_transport_options={
            "visibility_timeout": settings.time_limit_s + _VISIBILITY_MARGIN_S,
            "socket_timeout": timeout_s,
            "socket_connect_timeout": timeout_s,
            "socket_keepalive": True,
            "health_check_interval": _HEALTH_CHECK_S,
            "queue_order_strategy": "priority",
            "priority_steps": _STEPS,
            "sep": _SEPARATOR,
            **transport,
        },
        worker_hijack_root_logger=False,
        worker_concurrency=settings.worker_processes,
    )
    return app
