"""The log of Celery's worker: its lines in the form of all others."""

import logging
import os
import sys
from pathlib import Path

from billiard.util import get_logger as pool_logger
from celery.signals import setup_logging, worker_shutting_down

from hotpath.observability.logs import configure_logs, get_logger, log_uncaught
from hotpath.settings import ServiceSettings


def configure_worker_logs(settings: ServiceSettings) -> None:
    """Set up the log of this process, and have Celery leave it so in those it forks.

    In production Celery's lines for people, which it writes past the log to stdout, are dropped.
    """

    def configure(**_: object) -> None:
        package = settings.service.package
        configure_logs(settings.observability, is_json=settings.is_production, package=package)
        # Of the pool: it tells of processes that ended, to a handler of its own.
        logger = pool_logger()
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.WARNING)

    configure()
    setup_logging.connect(configure, weak=False)
    if settings.is_production:
        log_uncaught()
        sys.__stdout__ = Path(os.devnull).open("w")  # type: ignore[misc] # noqa: SIM115 - for Celery
        worker_shutting_down.connect(_log_shutdown, weak=False)


def _log_shutdown(how: str, **_: object) -> None:
    get_logger().info("worker stopping", how=how.lower())
