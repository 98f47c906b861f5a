# Generated from hotpath/aio/tasks/queue.py by extensions/blocking.py; do not edit.
"""Opens the queue that is configured; only its backend is imported."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from hotpath.blocking.cache.cache import Cache
from hotpath.blocking.db.database import Database
from hotpath.blocking.tasks.task import Queue, TaskContext
from hotpath.settings import CelerySettings, InProcessSettings, ServiceSettings, TaskSettings

_MODULES: tuple[tuple[type[TaskSettings], str], ...] = (
    (CelerySettings, "celery"),
    (InProcessSettings, "in_process"),
)


@contextmanager
def open_queue(settings: ServiceSettings, db: Database, cache: Cache) -> Iterator[Queue]:
    """Open the queue of this process, by the class of `settings.tasks`."""
    module = next(module for class_, module in _MODULES if isinstance(settings.tasks, class_))
    backend = import_module(f"{__package__}.{module}")
    with backend.open_queue(settings, TaskContext(db, cache)) as queue:
        yield queue
