# Generated from hotpath/aio/cache/redis.py by extensions/blocking.py; do not edit.
"""Opens Redis for the cache: a pool for commands, and a connection that subscribes."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from time import monotonic
from typing import Any

from redis import BlockingConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.client import PubSub
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeout
from redis.retry import Retry

from hotpath.blocking.cache.memory import MemoryCache
from hotpath.blocking.cache.redis_store import RedisStore, is_pool_exhausted
from hotpath.blocking.cache.tiers import Store
from hotpath.blocking.concurrency import Background, Signal
from hotpath.cache.keys import CacheNamespace
from hotpath.cache.redis_protocol import decode, tail
from hotpath.observability.logs import get_logger
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
        store = RedisStore(redis, namespace, metrics, is_direct=settings.direct_commands)
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

    def run(self) -> None:
        """Subscribe until stopped; try again whenever that fails."""
        while not self._is_stopped:
            try:
                with closing(self._redis.pubsub()) as self._pubsub:
                    self._follow(self._pubsub)
            except Exception as error:  # whatever it was: nothing else subscribes
                self._disconnected(error)
            self.tried.set()
            self._stopped.wait(self._settings.heartbeat_s)

    def stop(self) -> None:
        """Let `run` end soon."""
        self._is_stopped = True
        self._stopped.set()
        connection = self._pubsub and self._pubsub.connection
        if connection:
            connection.disconnect()

    def _disconnected(self, error: Exception) -> None:
        if self._is_stopped:
            return
        self._breaker.open(error, self._breaker.episode)
        if self._is_subscribed:
            self._is_subscribed = False
            self._memory.reset(self._settings.l1_ttl_disconnected_s)

    def _follow(self, pubsub: PubSub) -> None:
        pubsub.subscribe(self._store.channel)
        self._expect(pubsub, "subscribe")
        self._is_subscribed = True
        self._memory.reset(self._settings.l1_ttl_s)
        while not self._is_stopped:
            self._recover()
            self.tried.set()
            self._listen_until(pubsub, monotonic() + self._settings.heartbeat_s)
            pubsub.ping()
            self._expect(pubsub, "pong")

    def _recover(self) -> None:
        """Close the circuit breaker, if the other connections work and are not all in use."""
        while self._store.is_unavailable:
            try:
                self._store.flush_pending()
            except RedisError as error:
                if is_pool_exhausted(error):
                    return
                raise
            self._breaker.close()

    def _listen_until(self, pubsub: PubSub, deadline: float) -> None:
        while not self._is_stopped and (left_s := deadline - monotonic()) > 0:
            self._handle(pubsub.get_message(timeout=left_s))

    def _expect(self, pubsub: PubSub, kind: str) -> None:
        """Handle messages until one of `kind` comes.

        Raises:
            TimeoutError: it does not, for `timeout_s`.
        """
        deadline = monotonic() + self._settings.timeout_s
        while (left_s := deadline - monotonic()) > 0:
            message = pubsub.get_message(timeout=left_s)
            self._handle(message)
            if message is not None and message["type"] == kind:
                return
        raise RedisTimeout(f"no {kind} in {self._settings.timeout_s} s")

    def _handle(self, received: Mapping[str, Any] | None) -> None:
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
            self._store.drop(message.invalidation)
        if message.sender != self._store.sender:
            self._memory.invalidate(message.invalidation)
