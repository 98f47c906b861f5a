"""The features of this service: their tables, tasks and cached entities. Add yours here."""

from collections.abc import Callable

from hotpath.blocking.cache.cache import Cache
from hotpath.blocking.tasks.task import Task
from hotpath.db.models import Base

MODELS: tuple[type[Base], ...] = ()
"""Every table, so that migrations know it."""

TASKS: tuple[Task, ...] = ()
"""Every task a worker can run."""

REGISTER_CACHED: tuple[Callable[[Cache], None], ...] = ()
"""Functions that tell the cache which keys an entity is in."""
