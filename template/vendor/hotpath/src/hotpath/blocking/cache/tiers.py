# Generated from hotpath/aio/cache/tiers.py by extensions/blocking.py; do not edit.
"""Tiers of the cache and their stores: the protocols, a request, and the tier that loads."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter, time
from typing import Any, Generic, Protocol, TypedDict, TypeVar

from hotpath.cache.codec import Codec
from hotpath.cache.entries import ConnectionCounts, Entry, Invalidation, Lease, SignedEntry
from hotpath.observability.metrics import Metrics
from hotpath.settings import CacheSettings

T = TypeVar("T")


class Options(TypedDict, total=False):
    """Options of a cached value; always the same for one key."""

    codec: Codec[Any]
    """How it is encoded outside the process, see `codec.codec_of`; bytes as they are by default."""

    ttl: timedelta
    """How long it is cached; `ttl_s` of the settings by default."""

    stale: timedelta
    """How much longer it may be returned while a newer one is loaded; not at all by default."""

    tags: tuple[str, ...]
    """Names that invalidate it, see `Cache.invalidate`."""

    is_expensive: bool
    """Load it once for all processes; those that miss meanwhile wait for it."""


@dataclass(slots=True)  # made for every read: frozen takes three times as long
class CacheRequest(Generic[T]):
    """A read that L1 had no value for."""

    key: str
    load: Callable[[], T]
    codec: Codec[Any]
    """Of what T is when it is not None."""

    ttl_s: float
    stale_s: float
    """Seconds past its TTL that a value may be returned while a newer one is loaded."""

    tags: tuple[str, ...]
    is_expensive: bool
    """Whether to wait for another process that loads the same, instead of loading too."""

    takes_stale: bool = True
    loaded_after: float = 0
    """Older values do not do; seconds since the epoch."""

    def accepts(self, entry: Entry[T], now: float) -> bool:
        """Tell whether `entry` may be returned."""
        is_alive = now < (entry.ends_at if self.takes_stale else entry.fresh_until)
        return is_alive and entry.loaded_at >= self.loaded_after


class Tier(Protocol):
    """One level of the cache, or the last one, which loads."""

    def read(self, request: CacheRequest[T]) -> Entry[T]:
        """Return the value from here or from the tier below; store here what came from below."""
        ...

    def invalidate(self, invalidation: Invalidation) -> None:
        """Invalidate below first, then here: a value below would be stored here again."""
        ...


class Store(Protocol):
    """Bytes by key, leases and tags. Fails open: unavailable it has nothing and stores nothing."""

    tier: str
    """The label of metrics."""

    def get(self, key: str, tags: Sequence[str]) -> SignedEntry | None:
        """Return what is stored. Cost: 1 round trip."""
        ...

    def lease(self, key: str, tags: Sequence[str], ttl_s: float) -> Lease:
        """Take the lease of a key if it is free; it expires after `ttl_s`. Cost: 1 round trip."""
        ...

    def put(self, lease: Lease, data: bytes, ttl_s: float) -> None:
        """Store `data` for `ttl_s` if the lease still holds, and end it. Cost: 1 round trip."""
        ...

    def release(self, lease: Lease) -> None:
        """Let others load. Cost: 1 round trip."""
        ...

    def invalidate(self, invalidation: Invalidation) -> None:
        """Delete keys with their leases, and give tags another stamp."""
        ...

    def state(self) -> str:
        """Return "ok", or "degraded" while it is unavailable. Cost: none."""
        ...

    def connections(self) -> ConnectionCounts | None:
        """Return how full its connection pool is; None if it has none of its own. Cost: none."""
        ...


class OriginTier:
    """Calls the loader of a request; the last tier."""

    def __init__(self, settings: CacheSettings, metrics: Metrics) -> None:
        self._settings = settings
        self._loads = metrics.cache_loads
        self._seconds = metrics.cache_load_seconds
        self._oversized = metrics.cache_oversized

    def read(self, request: CacheRequest[T]) -> Entry[T]:
        """Load, and give the value its lifetime.

        Raises:
            TypeError: what was loaded is not of the codec's type; the same in every stack, with
                other tiers and without.
        """
        self._loads.count += 1
        loaded_at, started = time(), perf_counter()
        try:
            value = request.load()
        finally:
            self._seconds.add(perf_counter() - started)
        if value is None:
            ends_at = time() + self._jittered(self._settings.absent_ttl_s)
            return Entry(value, b"", loaded_at, ends_at, ends_at)
        data = request.codec.encode(value)
        if len(data) > self._settings.max_value_bytes:
            self._oversized.count += 1
        fresh_until = time() + self._jittered(request.ttl_s)
        return Entry(value, data, loaded_at, fresh_until, fresh_until + request.stale_s)

    def invalidate(self, invalidation: Invalidation) -> None:
        """Do nothing: nothing is stored here."""

    def _jittered(self, ttl_s: float) -> float:
        jitter = self._settings.ttl_jitter
        return ttl_s * (1 - jitter * random.random())  # noqa: S311 - no secret
