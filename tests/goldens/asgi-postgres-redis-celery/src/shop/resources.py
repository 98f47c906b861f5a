"""What a process shares, opened in this order and closed in reverse. Add your own here."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from hotpath.aio import resources
from hotpath.aio.cache.cache import open_cache
from hotpath.aio.db.batching import open_loaders
from hotpath.aio.db.database import open_database
from hotpath.aio.http_client.client import open_http_client
from hotpath.aio.tasks.tasks import open_tasks
from hotpath.features import Features
from hotpath.observability.metrics import Metrics

from .settings import Settings


@dataclass(frozen=True, kw_only=True)
class Resources(resources.Resources):
    """What routes, workers and commands use."""

    settings: Settings


@asynccontextmanager
async def open_resources(settings: Settings, metrics: Metrics) -> AsyncIterator[Resources]:
    """Open everything; what was opened is closed again when a later one fails."""
    async with AsyncExitStack() as stack:
        stack.callback(metrics.flush)
        db = await stack.enter_async_context(open_database(settings.db, metrics))
        loaders = await stack.enter_async_context(open_loaders(db, settings.db, metrics))
        cache = await stack.enter_async_context(open_cache(settings, metrics, db))
        for repository in Features(settings.service).repositories():
            repository.register(cache)
        http = await stack.enter_async_context(open_http_client(settings, metrics))
        tasks = await stack.enter_async_context(open_tasks(settings, metrics, db))
        resources = Resources(
            settings=settings,
            metrics=metrics,
            db=db,
            loaders=loaders,
            cache=cache,
            http=http,
            tasks=tasks,
        )
        await stack.enter_async_context(tasks.running(resources))
        yield resources
