"""Everything a process shares, opened in order and closed in reverse. After fork, never before."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from .cache.cache import Cache, open_cache
from .db.lookups import Lookups, open_lookups
from .db.session import Database, open_database
from .features import CACHED
from .observability.metrics import Metrics
from .settings import Settings
from .tasks.backend import open_queue
from .tasks.task import Queue, TaskContext


@dataclass
class Draining:
    """Whether this process was told to stop and takes no new work."""

    is_draining: bool = False

    def start(self) -> None:
        """From now on `/readyz` answers 503."""
        self.is_draining = True


@dataclass(frozen=True)
class Resources:
    """What routes, workers and commands are given."""

    settings: Settings
    metrics: Metrics
    db: Database
    lookups: Lookups
    cache: Cache
    queue: Queue
    draining: Draining = field(default_factory=Draining)

    def task_context(self) -> TaskContext:
        """Return what a task may use."""
        return TaskContext(self.db, self.cache)


@contextmanager
def open_resources(settings: Settings, metrics: Metrics) -> Iterator[Resources]:
    """Open everything; what was opened is closed again when a later one fails."""
    with ExitStack() as stack:
        stack.callback(metrics.settle)  # what was counted and logged last
        db = stack.enter_context(open_database(settings.db, metrics))
        lookups = stack.enter_context(open_lookups(db, settings.db, metrics))
        secret = settings.secret_key.get_secret_value().encode()
        cache = stack.enter_context(open_cache(settings.cache, metrics, db, secret))
        for register in CACHED:
            register(cache)
        context = TaskContext(db, cache)
        queue = stack.enter_context(open_queue(context, settings.tasks))
        yield Resources(settings, metrics, db, lookups, cache, queue)
