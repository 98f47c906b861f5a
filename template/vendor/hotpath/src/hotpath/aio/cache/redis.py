"""Opens Redis for the cache: a pool for commands, and a connection that subscribes."""

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from time import monotonic
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeout

from hotpath.aio.cache.memory import MemoryCache
from hotpath.aio.cache.redis_store import RedisStore, is_pool_exhausted
from hotpath.aio.cache.tiers import Store
from hotpath.aio.concurrency import Background, Signal
from hotpath.cache.keys import CacheNamespace
from hotpath.cache.redis_protocol import decode, tail
from hotpath.observability.logs import get_logger
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
        store = RedisStore(redis, namespace, metrics, is_direct=settings.direct_commands)
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


class Subscriber:
    """Keeps L1 of this process valid: values live long there only while it is subscribed."""

    def __init__(
        self,
        redis: Redis,
        store: RedisStore,
        memory: MemoryCache,
        version: str,
        settings: RedisCacheSettings,
    ) -> None:
        self._redis = redis
        self._store = store
        self._breaker = store.breaker
        self._memory = memory
        self._version = version
        self._settings = settings
        self._stopped = Signal()
        self._is_stopped = False
        self._is_subscribed = False
        self._own_tail = tail(store.sender, version)
        self._pubsub: PubSub | None = None
        self.tried = Signal()
        """Set once the first attempt has ended, well or not."""

    async def run(self) -> None:
        """Subscribe until stopped; try again whenever that fails."""
        while not self._is_stopped:
            try:
                async with aclosing(self._redis.pubsub()) as self._pubsub:
                    await self._follow(self._pubsub)
            except Exception as error:  # whatever it was: nothing else subscribes
                self._disconnected(error)
            self.tried.set()
            await self._stopped.wait(self._settings.heartbeat_s)

    async def stop(self) -> None:
        """Let `run` end soon."""
        self._is_stopped = True
        self._stopped.set()
        connection = self._pubsub and self._pubsub.connection
        if connection:
            await connection.disconnect()

    def _disconnected(self, error: Exception) -> None:
        if self._is_stopped:
            return
        self._breaker.open(error, self._breaker.episode)
        if self._is_subscribed:
            self._is_subscribed = False
            self._memory.reset(self._settings.l1_ttl_disconnected_s)

    async def _follow(self, pubsub: PubSub) -> None:
        await pubsub.subscribe(self._store.channel)
        await self._expect(pubsub, "subscribe")
        self._is_subscribed = True
        self._memory.reset(self._settings.l1_ttl_s)
        while not self._is_stopped:
            await self._recover()
            self.tried.set()
            await self._listen_until(pubsub, monotonic() + self._settings.heartbeat_s)
            await pubsub.ping()
            await self._expect(pubsub, "pong")

    async def _recover(self) -> None:
        """Close the circuit breaker, if the other connections work and are not all in use."""
        while self._store.is_unavailable:
            try:
                await self._store.flush_pending()
            except RedisError as error:
                if is_pool_exhausted(error):
                    return
                raise
            self._breaker.close()

    async def _listen_until(self, pubsub: PubSub, deadline: float) -> None:
        while not self._is_stopped and (left_s := deadline - monotonic()) > 0:
            await self._handle(await pubsub.get_message(timeout=left_s))

    async def _expect(self, pubsub: PubSub, kind: str) -> None:
        """Handle messages until one of `kind` comes.

        Raises:
            TimeoutError: it does not, for `timeout_s`.
        """
        deadline = monotonic() + self._settings.timeout_s
        while (left_s := deadline - monotonic()) > 0:
            message = await pubsub.get_message(timeout=left_s)
            await self._handle(message)
            if message is not None and message["type"] == kind:
                return
        raise RedisTimeout(f"no {kind} in {self._settings.timeout_s} s")

    async def _handle(self, received: Mapping[str, Any] | None) -> None:
        if (
            received is None
            or received["type"] != "message"
            or received["data"].endswith(self._own_tail)
        ):
            return
        try:
            message = decode(received["data"])
        except ValueError:  # from a newer version or another service: anything may be old
            get_logger().warning("cache message not understood")
            self._memory.reset(self._settings.l1_ttl_s)
            return
        if message.version != self._version:
            await self._store.drop(message.invalidation)
        if message.sender != self._store.sender:
            self._memory.invalidate(message.invalidation)
