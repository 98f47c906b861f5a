"""Redis as the store, shared by all processes. Fails open: an error is a miss, counted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from ..observability.logs import get_logger
from ..observability.metrics import Metrics
from .settings import CacheSettings

PREFIX = f"{__package__.partition('.')[0]}:1:"
"""Service and format version; another version's values are never read."""

_CHUNK = 1000
_FAILURES = (RedisError, OSError)


class Store:
    """Bytes by key in Redis."""

    def __init__(self, redis: Redis, metrics: Metrics) -> None:
        self._redis = redis
        self._metrics = metrics
        self._is_lost = False

    async def get(self, key: str) -> bytes | None:
        """Return the bytes of `key`; None when absent, expired or out of reach."""
        try:
            kept = await self._redis.get(PREFIX + key)
        except _FAILURES as error:
            self._lost(error)
            return None
        self._found()
        return kept if isinstance(kept, bytes) else None

    async def set(self, key: str, value: bytes, ttl_s: float) -> None:
        """Keep `value` for `ttl_s` seconds, in one command."""
        try:
            await self._redis.set(PREFIX + key, value, px=round(ttl_s * 1000))
        except _FAILURES as error:
            self._lost(error)

    async def delete(self, *keys: str) -> None:
        """Forget `keys`. Cost: 1 round trip per 1,000, so that no command holds up the others."""
        try:
            for start in range(0, len(keys), _CHUNK):
                chunk = keys[start : start + _CHUNK]
                await self._redis.unlink(*(PREFIX + key for key in chunk))
        except _FAILURES as error:
            self._lost(error)

    async def state(self) -> str:
        """Return "ok", or "degraded" while Redis does not answer."""
        try:
            await self._redis.ping()
        except _FAILURES as error:
            self._lost(error)
            return "degraded"
        self._found()
        return "ok"

    def _lost(self, error: Exception) -> None:
        self._metrics.cache_errors.inc()
        if not self._is_lost:
            self._is_lost = True
            get_logger().warning("cache lost, answering from the database", error=str(error))

    def _found(self) -> None:
        if self._is_lost:
            self._is_lost = False
            get_logger().info("cache is back")


@asynccontextmanager
async def open_store(settings: CacheSettings, metrics: Metrics) -> AsyncIterator[Store]:
    """Open the pool; Redis need not be there yet."""
    pool = BlockingConnectionPool.from_url(
        settings.url.get_secret_value(),
        max_connections=settings.max_connections,
        timeout=settings.timeout_s,
        socket_connect_timeout=settings.connect_timeout_s,
        socket_timeout=settings.timeout_s,
        health_check_interval=settings.health_check_s,
        retry=Retry(NoBackoff(), 0),
    )
    redis = Redis(connection_pool=pool)
    try:
        yield Store(redis, metrics)
    finally:
        await redis.aclose()
        await pool.aclose()
