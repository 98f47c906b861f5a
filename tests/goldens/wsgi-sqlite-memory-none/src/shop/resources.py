"""What a process shares, opened in this order and closed in reverse. Add your own here."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from hotpath.blocking import resources
from hotpath.blocking.cache.cache import open_cache
from hotpath.blocking.db.batching import open_loaders
from hotpath.blocking.db.database import open_database
from hotpath.blocking.http_client.client import open_http_client
from hotpath.blocking.tasks.tasks import open_tasks
from hotpath.features import Features
from hotpath.observability.metrics import Metrics

from .settings import Settings


@dataclass(frozen=True, kw_only=True)
class Resources(resources.Resources):
    """What routes, workers and commands use."""

    settings: Settings


@contextmanager
def open_resources(settings: Settings, metrics: Metrics) -> Iterator[Resources]:
    """Open everything; what was opened is closed again when a later one fails."""
    with ExitStack() as stack:
        stack.callback(metrics.flush)
        db = stack.enter_context(open_database(settings.db, metrics))
        loaders = stack.enter_context(open_loaders(db, settings.db, metrics))
        cache = stack.enter_context(open_cache(settings, metrics, db))
        for repository in Features(settings.service).repositories():
            repository.register(cache)
        http = stack.enter_context(open_http_client(settings, metrics))
        tasks = stack.enter_context(open_tasks(settings, metrics, db))
        resources = Resources(
            settings=settings,
            metrics=metrics,
            db=db,
            loaders=loaders,
            cache=cache,
            http=http,
            tasks=tasks,
        )
        stack.enter_context(tasks.running(resources))
        yield resources
