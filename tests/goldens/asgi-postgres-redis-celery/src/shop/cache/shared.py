"""The tier that the processes share: Redis, and a listener that keeps their tables right."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from ..concurrency import Background
from ..observability.metrics import Metrics
from .held import Table
from .listener import Listener
from .redis_store import RedisStore
from .settings import CacheSettings
from .stores import Store


@asynccontextmanager
async def open_shared(
    settings: CacheSettings, metrics: Metrics, table: Table
) -> AsyncIterator[tuple[Store, ...]]:
    """Open the pools and listen; Redis need not be there yet."""
    table.start_over(settings.blind_ttl_s)
    async with (
        _open_redis(settings, settings.max_connections) as redis,
        _open_redis(settings, 1) as listening,
        Background(1) as background,
    ):
        store = RedisStore(redis, metrics)
        listener = Listener(listening, store, table, settings)
        background.start(listener.run)
        await listener.tried.wait(settings.connect_timeout_s + settings.timeout_s)
        try:
            yield (store,)
        finally:
            await listener.stop()
            await store.leave()


@asynccontextmanager
async def _open_redis(settings: CacheSettings, max_connections: int) -> AsyncIterator[Redis]:
    pool = BlockingConnectionPool.from_url(
        settings.url.get_secret_value(),
        max_connections=max_connections,
        timeout=settings.timeout_s,
        socket_connect_timeout=settings.connect_timeout_s,
        socket_timeout=settings.timeout_s,
        health_check_interval=settings.health_check_s,
        retry=Retry(NoBackoff(), 0),
    )
    redis = Redis(connection_pool=pool)
    try:
        yield redis
    finally:
        await redis.aclose()
        await pool.aclose()
