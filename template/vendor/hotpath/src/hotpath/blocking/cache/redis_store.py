# Generated from hotpath/aio/cache/redis_store.py by extensions/blocking.py; do not edit.
"""L2: Redis as a store of values, leases and tags, behind a circuit breaker."""

from collections.abc import Callable, Mapping, Sequence
from secrets import token_bytes
from time import perf_counter
from typing import Any, TypeVar
from uuid import uuid4

from redis import Redis
from redis.exceptions import RedisError, ResponseError

from hotpath.batch import BatchUnavailable
from hotpath.blocking.cache.redis_commands import (
    GENERATION_BYTES,
    Commands,
    Generations,
    HitRequest,
)
from hotpath.blocking.dataloader import DataLoader
from hotpath.cache.breaker import CircuitBreaker, PendingInvalidations, merge
from hotpath.cache.entries import STAMP_BYTES, ConnectionCounts, Invalidation, Lease, SignedEntry
from hotpath.cache.keys import CacheNamespace
from hotpath.cache.redis_protocol import Message, RedisKeys, encode
from hotpath.http.rate_limit import Window
from hotpath.observability.logs import get_logger
from hotpath.observability.metrics import Metrics
from hotpath.observability.request_context import REQUEST
from hotpath.settings.rate_limit import Limit

K = TypeVar("K")
V = TypeVar("V")

FAILURES = (RedisError, OSError)
"""What redis-py raises when the server fails or does not answer."""

TIER = "l2"

_CHUNK = 1000
"""Names in one command: a few tenths of a millisecond of Redis' time."""

_MAX_BATCH = 64
"""Callers that one command serves: of the largest values these are 16 MiB."""

_MAX_WAIT_S = 5.0
"""Seconds for a command: longer than all timeouts on its way, which end it before."""

_NO_CONNECTION = "No connection available."
"""redis-py's message when the pool is exhausted; the error has no class of its own."""

_NO_SENDER = ""
"""The sender of what is published late: all processes invalidate it, this one too."""


class RedisStore:
    """Signed entries in Redis. A failure is a miss, counted, and opens the circuit breaker.

    An exhausted pool does not open it: callers that got no connection do without Redis. Concurrent
    callers share one command, which fails once for all of them.
    """

    tier = TIER

    def __init__(
        self, redis: Redis, namespace: CacheNamespace, metrics: Metrics, *, is_direct: bool = True
    ) -> None:
        self.sender = uuid4().hex
        self._redis = redis
        self._pool = redis.connection_pool
        self._version = namespace.version
        self._keys = RedisKeys(namespace)
        self.channel = self._keys.channel(self._pool.connection_kwargs.get("db", 0))
        self.breaker = CircuitBreaker()
        self._errors = metrics.cache_errors.labels(TIER)
        self._commands = Commands(redis, is_direct=is_direct)
        self._reads = self._batched(self._commands.read)
        self._leases = self._batched(self._commands.lease)
        self._puts = self._batched(self._commands.put)
        self._releases = self._batched(self._commands.release)
        self._invalidations = self._batched(self._publish_all)
        self._hits = self._batched(self._commands.hit)
        self._pending = PendingInvalidations()
        self._generations = Generations(redis)
        self._generation = b""  # until `flush_pending` knows it

    def get(self, key: str, tags: Sequence[str]) -> SignedEntry | None:
        """Return what is stored; see `Store`."""
        found = self._share(self._reads, (self._keys.value(key), *map(self._keys.tag, tags)))
        # What was stored in another generation of Redis may be old.
        if found is None or found[0] is None or not found[0].startswith(self._generation):
            return None
        return SignedEntry(found[0][GENERATION_BYTES:], found[1:])

    def lease(self, key: str, tags: Sequence[str], ttl_s: float) -> Lease:
        """Take the lease of a key; see `Store`."""
        token = self._generation + token_bytes(STAMP_BYTES - GENERATION_BYTES)
        names = (self._keys.lease(key), *map(self._keys.tag, tags))
        found = self._share(self._leases, (names, token, _milliseconds(ttl_s)))
        if found is None:
            return Lease(key, token, (), is_held=False, is_refused=True)
        is_held, *stamps = found
        return Lease(key, token, tuple(stamps), is_held=bool(is_held))

    def put(self, lease: Lease, data: bytes, ttl_s: float) -> None:
        """Store `data` if the lease still holds; see `Store`."""
        names = (self._keys.value(lease.key), self._keys.lease(lease.key))
        # The lease's generation, not the current one: a snapshot restores leases that had ended.
        value = lease.token[:GENERATION_BYTES] + data
        if self._share(self._puts, (names, lease.token, value, _milliseconds(ttl_s))):
            self.breaker.stored()

    def release(self, lease: Lease) -> None:
        """End the lease; see `Store`."""
        self._share(self._releases, (self._keys.lease(lease.key), lease.token))

    def hit(self, client: str, limit: Limit) -> Window | None:
        """Count a request of a client, if its limit allows it; None while Redis is not used."""
        names = self._keys.windows(client, limit.window_s)
        return self._share(self._hits, HitRequest(names, limit))

    def connections(self) -> ConnectionCounts | None:
        """Return how full the pool is. Cost: none."""
        (idle, _), (in_use, _) = self._pool.get_connection_count()
        return ConnectionCounts(self._pool.max_connections, in_use, idle)

    def invalidate(self, invalidation: Invalidation) -> None:
        """Invalidate here, and publish it; what cannot be published now is pending."""
        size = len(invalidation.keys) + len(invalidation.tags)
        if invalidation.patterns or size > _CHUNK // 2:  # others would wait
            self._or_keep_pending(
                invalidation,
                lambda: self._try(lambda: self._publish(invalidation, self.sender), False),
            )
        else:
            self._or_keep_pending(
                invalidation, lambda: self._share(self._invalidations, invalidation)
            )

    def drop(self, invalidation: Invalidation) -> None:
        """Invalidate here what another version of the service published."""
        self._or_keep_pending(
            invalidation, lambda: self._try(lambda: self._delete(invalidation), False)
        )

    @property
    def is_unavailable(self) -> bool:
        """Whether Redis is not used: it failed, is unknown, or an invalidation is pending."""
        return self.breaker.is_open or bool(self._pending) or not self._generation

    def flush_pending(self) -> None:
        """Learn Redis' generation and publish what is pending, before anything is read again.

        Raises:
            RedisError: Redis failed again, or the pool is in use; see `is_pool_exhausted`.
        """
        self._redis.ping()
        self._generation = self._generations.current()
        while pending := self._pending.all():
            self._publish(merge(pending), _NO_SENDER)
            self._pending.remove(pending)

    def close(self) -> None:
        """Wait for batches in flight and publish what is pending, or log that it was not."""
        for each in (
            self._reads,
            self._leases,
            self._puts,
            self._releases,
            self._invalidations,
            self._hits,
        ):
            each.close()
        if not self._pending:
            return
        try:
            self.flush_pending()
        except FAILURES as error:
            left = merge(self._pending.all())
            get_logger().error(
                "invalidations not published, old values may be returned: use `cache invalidate`",
                error=str(error),
                keys=len(left.keys),
                tags=len(left.tags),
                patterns=len(left.patterns),
            )

    def state(self) -> str:
        """Return "ok", or "degraded" while Redis is not used."""
        return "degraded" if self.is_unavailable else "ok"

    def _or_keep_pending(self, invalidation: Invalidation, work: Callable[[], bool | None]) -> None:
        is_done = None
        try:
            is_done = work()
        finally:  # a caller that is cancelled has written already
            if not is_done:
                self._pending.add(invalidation)

    def _publish_all(self, wanted: Sequence[Invalidation]) -> Mapping[Invalidation, bool]:
        return dict.fromkeys(wanted, self._publish(merge(wanted), self.sender))

    def _publish(self, invalidation: Invalidation, sender: str) -> bool:
        """Delete, then publish. One round trip, if there are few names and no pattern."""
        message = encode(Message(invalidation, sender, self._version))
        return self._delete(invalidation, ("PUBLISH", self.channel, message))

    def _delete(self, invalidation: Invalidation, *then: tuple[Any, ...]) -> bool:
        for pattern in invalidation.patterns:
            self._sweep(pattern)
        keys = self._keys
        names = [name(key) for key in invalidation.keys for name in (keys.value, keys.lease)]
        names += map(keys.tag, invalidation.tags)
        for start in range(_CHUNK, len(names), _CHUNK):
            self._commands.send(("UNLINK", *names[start : start + _CHUNK]))
        unlink = [("UNLINK", *names[:_CHUNK])] if names else []
        self._commands.send(*unlink, *then)
        return True

    def _sweep(self, pattern: str) -> None:
        """Scan all keys in small steps, so that no step delays other clients."""
        cursor = 0
        while True:
            cursor, names = self._redis.scan(cursor, self._keys.glob(pattern), _CHUNK)
            if names:
                self._redis.unlink(*names)
            if not cursor:
                return

    def _batched(self, work: Callable[[Sequence[K]], Mapping[K, V]]) -> DataLoader[K, V]:
        """Return a loader that does `work` for concurrent callers; a failure is None for each."""

        def load(wanted: Sequence[K]) -> Mapping[K, V]:
            done: Mapping[K, V] = self._try(lambda: work(wanted), {})
            return done

        # Waits are not observed: the metrics of the tier say enough.
        return DataLoader(load, lambda _: None, max_size=_MAX_BATCH, max_wait_s=_MAX_WAIT_S)

    def _share(self, loader: DataLoader[K, V], wanted: K) -> V | None:
        """Return the caller's part; None while Redis is not used."""
        if self.is_unavailable:
            return None
        started = perf_counter()
        try:
            return loader.get(wanted)
        except BatchUnavailable:
            self._errors.inc()
            return None
        finally:
            request = REQUEST.get(None)
            if request is not None:
                request.waiting().cache_s += perf_counter() - started

    def _try(self, work: Callable[[], Any], otherwise: Any) -> Any:
        if self.is_unavailable:
            return otherwise
        episode = self.breaker.episode
        try:
            return work()
        except ResponseError as error:  # it is available, and refuses
            self._errors.inc()
            self.breaker.refused(error)
        except FAILURES as error:
            self._errors.inc()
            if not is_pool_exhausted(error):
                self.breaker.open(error, episode)
        return otherwise


def is_pool_exhausted(error: Exception) -> bool:
    """Tell whether a command failed because the pool was exhausted."""
    return str(error) == _NO_CONNECTION


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
