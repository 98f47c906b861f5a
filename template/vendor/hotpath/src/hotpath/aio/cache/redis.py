"""Opens Redis for the cache: a pool for commands, and a connection that subscribes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from hotpath.aio.cache.memory import MemoryCache
from hotpath.aio.cache.redis_listener import Subscriber
from hotpath.aio.cache.redis_store import RedisStore
from hotpath.aio.cache.tiers import Store
from hotpath.aio.concurrency import Background
from hotpath.cache.keys import CacheNamespace
from hotpath.observability.metrics import Metrics
from hotpath.settings import RedisCacheSettings


@asynccontextmanager
async def open_store(
    settings: RedisCacheSettings, namespace: CacheNamespace, metrics: Metrics, memory: MemoryCache
) -> AsyncIterator[Store]:
    """Open the pools and subscribe; Redis need not be available yet."""
    memory.reset(settings.l1_ttl_disconnected_s)
    async with (
        _open_redis(settings, settings.max_connections) as redis,
        _open_redis(settings, 1) as subscribing,
        Background(1) as background,
    ):
        store = RedisStore(redis, namespace, metrics)
        subscriber = Subscriber(subscribing, store, memory, namespace.version, settings)
        background.start(subscriber.run)
        await subscriber.tried.wait(settings.connect_timeout_s + settings.timeout_s)
        try:
            yield store
        finally:
            await subscriber.stop()
            await store.close()


@asynccontextmanager
async def _open_redis(settings: RedisCacheSettings, max_connections: int) -> AsyncIterator[Redis]:
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
