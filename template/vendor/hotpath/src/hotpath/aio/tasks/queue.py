"""Opens the queue that is configured; only its backend is imported."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module

from hotpath.aio.cache.cache import Cache
from hotpath.aio.db.database import Database
from hotpath.aio.tasks.task import Queue, TaskContext
from hotpath.settings import CelerySettings, InProcessSettings, ServiceSettings, TaskSettings

_MODULES: tuple[tuple[type[TaskSettings], str], ...] = (
    (CelerySettings, "celery"),
    (InProcessSettings, "in_process"),
)


@asynccontextmanager
async def open_queue(settings: ServiceSettings, db: Database, cache: Cache) -> AsyncIterator[Queue]:
    """Open the queue of this process, by the class of `settings.tasks`."""
    module = next(module for class_, module in _MODULES if isinstance(settings.tasks, class_))
    backend = import_module(f"{__package__}.{module}")
    async with backend.open_queue(settings, TaskContext(db, cache)) as queue:
        yield queue
