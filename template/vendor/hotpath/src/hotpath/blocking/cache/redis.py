# Generated from hotpath/aio/cache/redis.py by extensions/blocking.py; do not edit.
"""Opens Redis for the cache: a pool for commands, and a connection that subscribes."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis import BlockingConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from hotpath.blocking.cache.memory import MemoryCache
from hotpath.blocking.cache.redis_listener import Subscriber
from hotpath.blocking.cache.redis_store import RedisStore
from hotpath.blocking.cache.tiers import Store
from hotpath.blocking.concurrency import Background
from hotpath.cache.keys import CacheNamespace
from hotpath.observability.metrics import Metrics
from hotpath.settings import RedisCacheSettings


@contextmanager
def open_store(
    settings: RedisCacheSettings, namespace: CacheNamespace, metrics: Metrics, memory: MemoryCache
) -> Iterator[Store]:
    """Open the pools and subscribe; Redis need not be available yet."""
    memory.reset(settings.l1_ttl_disconnected_s)
    with (
        _open_redis(settings, settings.max_connections) as redis,
        _open_redis(settings, 1) as subscribing,
        Background(1) as background,
    ):
        store = RedisStore(redis, namespace, metrics)
        subscriber = Subscriber(subscribing, store, memory, namespace.version, settings)
        background.start(subscriber.run)
        subscriber.tried.wait(settings.connect_timeout_s + settings.timeout_s)
        try:
            yield store
        finally:
            subscriber.stop()
            store.close()


@contextmanager
def _open_redis(settings: RedisCacheSettings, max_connections: int) -> Iterator[Redis]:
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
        redis.close()
        pool.close()
