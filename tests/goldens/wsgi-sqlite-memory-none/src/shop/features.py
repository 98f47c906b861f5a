"""The features of this service. Add yours here, and their routes in `api/features.py`."""

from collections.abc import Callable

from .cache.cache import Cache
from .cache.model import EntryRow, TagRow
from .tasks.model import TaskRow
from .tasks.task import Task

MODELS = (TaskRow, EntryRow, TagRow)
"""Every table the migrations know."""

TASKS: tuple[Task, ...] = ()
"""Every task a worker can run."""

CACHED: tuple[Callable[[Cache], None], ...] = ()
"""Say which keys of the cache a thing of the domain is in."""
