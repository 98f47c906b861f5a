# Generated from hotpath/aio/cache/memory.py by extensions/blocking.py; do not edit.
"""The memory of L1: a bounded cache of values, and the loads in flight."""

from dataclasses import dataclass
from sys import getsizeof
from threading import Lock
from time import time
from typing import Any, TypeVar

from cachebox import VTTLCache

from hotpath.blocking.cache.single_flight import Flight, Tag, Tags, any_invalidated
from hotpath.blocking.cache.tiers import CacheRequest
from hotpath.blocking.concurrency import Signal
from hotpath.cache.entries import Entry, Invalidation
from hotpath.cache.weak_cache import WeakCache
from hotpath.observability.metrics import Metrics
from hotpath.settings import CacheSettings

T = TypeVar("T")

TIER = "l1"
"""The label of this tier in metrics."""

OVERHEAD_BYTES = 350
"""Of an entry besides its key and its value: the objects around them."""

TAG_BYTES = 400
"""Of a tag that no other entry has."""


@dataclass(slots=True)
class Guard:
    """What is checked at every hit of an entry that has tags or may be stale."""

    fresh_until: float
    tags: Tags
    retry_at: float = 0
    """When a stale value is refreshed again; seconds since the epoch, like all times."""

    @property
    def is_invalidated(self) -> bool:
        """Whether a tag of it was invalidated."""
        return any_invalidated(self.tags)

    def is_valid(self) -> bool:
        """Tell whether its entry is fresh, and no tag of it was invalidated."""
        return time() < self.fresh_until and not any_invalidated(self.tags)


@dataclass(slots=True)
class MemoryEntry:
    """A cached value; without a guard it is valid as long as it is there."""

    value: Any
    weight_bytes: int
    guard: Guard | None


def _completed(entry: MemoryEntry) -> Flight[Any]:
    flight: Flight[Any] = Flight(())
    flight.end(Entry(entry.value, b"", 0, 0, 0))
    return flight


class MemoryCache:
    """Values by key, bounded by entries and bytes; those that expire soonest are evicted first.

    A load that began before its key or a tag was invalidated is not stored by `complete`.
    """

    def __init__(self, settings: CacheSettings, metrics: Metrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._evictions = metrics.cache_evictions.labels(TIER)
        self._lock = Lock()
        self.max_ttl_s = settings.l1_ttl_s
        """Seconds for which an entry is cached at most now; see `reset`."""

        self._tags = WeakCache(Tag)
        self._flights: dict[str, Flight[Any]] = {}
        self._last_gauges = (0, 0)
        self._entries: VTTLCache[str, MemoryEntry] = VTTLCache(
            settings.l1_max_bytes, getsizeof=lambda _, entry: entry.weight_bytes
        )
        self.find = self._entries.get
        """Return the entry of a key, or None. Cost: 60 ns; it takes no lock of this object."""

        metrics.on_flush(self._set_gauges)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def size_bytes(self) -> int:
        """What the entries weigh."""
        return self._entries.current_size()

    def start(
        self, key: str, tags: tuple[str, ...], slow: Flight[Any] | None = None
    ) -> tuple[Flight[Any], bool]:
        """Return the flight of `key`, and whether the caller has to load it.

        One that another thread completed after the caller read is returned as completed.

        Args:
            slow: A flight that the caller waited for too long. It may still complete, but others
                wait for the new one.
        """
        with self._lock:
            flight = self._flights.get(key)
            if flight is not None and not flight.is_invalidated and flight is not slow:
                flight.completed = flight.completed or Signal()
                return flight, False
            if (cached := self._fresh(key)) is not None:
                return _completed(cached), False
            return self._begin(key, tags, flight), True

    def start_another(self, key: str, tags: tuple[str, ...]) -> Flight[Any]:
        """Return a new flight for the caller; the one before it may still complete."""
        with self._lock:
            return self._begin(key, tags, self._flights.get(key))

    def start_alone(self, key: str, tags: tuple[str, ...]) -> Flight[Any]:
        """Return a new flight for the caller; those before it are cancelled."""
        with self._lock:
            self._cancel(key)
            return self._begin(key, tags, None)

    def abandon(self, key: str, flight: Flight[Any]) -> None:
        """End a flight that failed: no caller waits for it any more."""
        with self._lock:
            flight.is_cancelled = True
            if self._flights.get(key) is not flight:
                return
            if flight.before is not None and flight.before.is_pending:
                self._flights[key] = flight.before
            else:
                del self._flights[key]

    def complete(self, request: CacheRequest[T], flight: Flight[T], entry: Entry[T]) -> None:
        """Store what a flight loaded, unless it was invalidated meanwhile."""
        weight = OVERHEAD_BYTES + getsizeof(request.key) + request.codec.weigh(entry.data)
        with self._lock:
            is_invalidated = flight.is_invalidated
            flight.is_cancelled = True  # it is completed
            if flight.before is not None:
                flight.before.cancel()  # those are older
            if self._flights.get(request.key) is flight:
                del self._flights[request.key]
            if not is_invalidated:
                self._store(request.key, flight.tags, entry, weight + TAG_BYTES * len(flight.tags))

    def invalidate(self, invalidation: Invalidation) -> None:
        """Remove entries and cancel their flights. A pattern removes everything."""
        with self._lock:
            for key in invalidation.keys:
                self._cancel(key)
                self._entries.pop(key, None)
            for name in invalidation.tags:
                tag = self._tags.pop(name)
                if tag is not None:
                    tag.is_invalidated = True
            if invalidation.patterns:
                self._clear()

    def reset(self, max_ttl_s: float) -> None:
        """Remove everything, and from now on cache nothing for longer than `max_ttl_s` seconds."""
        with self._lock:
            self.max_ttl_s = max_ttl_s
            self._clear()

    def _cancel(self, key: str) -> None:
        flight = self._flights.pop(key, None)
        if flight is not None:
            flight.cancel()

    def _clear(self) -> None:
        for key in tuple(self._flights):
            self._cancel(key)
        self._entries.clear()

    def _fresh(self, key: str) -> MemoryEntry | None:
        cached = self._entries.get(key)
        guard = None if cached is None else cached.guard
        if guard is not None and (guard.is_invalidated or time() >= guard.fresh_until):
            return None
        return cached

    def _begin(self, key: str, tags: tuple[str, ...], before: Flight[Any] | None) -> Flight[Any]:
        live_tags = tuple(map(self._tags.get, tags)) if tags else ()
        flight = self._flights[key] = Flight(live_tags, before)
        return flight

    def _store(self, key: str, tags: Tags, entry: Entry[Any], weight_bytes: int) -> None:
        self._entries.pop(key, None)  # even when the new one cannot be stored
        now = time()
        stale_s = entry.ends_at - entry.fresh_until
        fresh_s = min(entry.fresh_until - now, self.max_ttl_s)
        is_small = len(entry.data) <= self._settings.max_value_bytes
        if not is_small or weight_bytes > self._settings.l1_max_bytes or fresh_s + stale_s <= 0:
            return
        guard = Guard(now + fresh_s, tags) if tags or stale_s > 0 else None
        self._make_room(weight_bytes)
        self._entries.insert(
            key, MemoryEntry(entry.value, weight_bytes, guard), ttl=fresh_s + stale_s
        )

    def _make_room(self, weight_bytes: int) -> None:
        if self._has_room(weight_bytes):
            return
        self._entries.expire()
        while self._entries and not self._has_room(weight_bytes):
            try:
                self._entries.popitem()
            except KeyError:  # the last of them expired
                return
            self._evictions.count += 1

    def _has_room(self, weight_bytes: int) -> bool:
        is_free = len(self._entries) < self._settings.l1_max_entries
        return is_free and self._entries.remaining_size() >= weight_bytes

    def _set_gauges(self) -> None:
        """Remove what expired and set the gauges, 1 µs each, when they changed."""
        with self._lock:
            self._entries.expire()
            gauges = (len(self._entries), self.size_bytes)
            if gauges != self._last_gauges:
                self._last_gauges = gauges
                self._metrics.cache_entries.set(gauges[0])
                self._metrics.cache_bytes.set(gauges[1])
