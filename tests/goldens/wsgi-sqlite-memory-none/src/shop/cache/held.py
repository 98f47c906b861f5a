"""What this process holds: a bounded table of answers, and the loads in flight. No other tier."""

from dataclasses import dataclass
from sys import getsizeof
from threading import Lock
from time import time
from typing import Any, Generic, TypeVar

from cachebox import VTTLCache

from ..batches import own_copy
from ..concurrency import Signal
from ..observability.metrics import Metrics
from .shared_objects import SharedObjects
from .tier_settings import TierSettings
from .tiers import Ask, Change, Entry

T = TypeVar("T")

TIER = "near"
"""The label of this tier in metrics."""

OVERHEAD_BYTES = 350
"""Of an entry besides its key and its value: the objects around them and their places."""

TAG_BYTES = 400
"""Of a tag that no other entry has."""


class Tag:
    """One life of a tag: entries hold it, and end with it."""

    __slots__ = ("__weakref__", "is_over")

    def __init__(self, name: str) -> None:
        self.is_over = False


Tags = tuple[Tag, ...]


def _is_over(tags: Tags) -> bool:
    for tag in tags:  # noqa: SIM110 - `any` takes twice as long
        if tag.is_over:
            return True
    return False


@dataclass(slots=True)
class Guard:
    """What an entry is asked before it answers, if it has tags or may be stale."""

    fresh_until: float
    tags: Tags
    next_try_at: float = 0
    """When a stale one may be tried again, in seconds since the epoch like all moments."""

    @property
    def is_over(self) -> bool:
        """Whether a tag of it was invalidated."""
        return _is_over(self.tags)

    def is_firm(self) -> bool:
        """Tell whether its entry is right as it is: fresh, and no tag of it was invalidated."""
        return time() < self.fresh_until and not _is_over(self.tags)


@dataclass(slots=True)
class Held:
    """An answer in the table; without a guard it is right as long as it is there."""

    value: Any
    weight_bytes: int
    guard: Guard | None


@dataclass(slots=True)
class Flight(Generic[T]):
    """A load that others may wait for."""

    tags: Tags
    landed: Signal | None = None
    """Made for the first who waits: most fly alone."""

    _found: Entry[T] | BaseException | None = None

    @property
    def is_over(self) -> bool:
        """Whether a tag was invalidated since it began."""
        return _is_over(self.tags)

    def end(self, found: Entry[T] | BaseException) -> None:
        """Tell those who wait, once nobody can join any more."""
        self._found = found
        if self.landed is not None:
            self.landed.set()

    def wait(self, at_most_s: float) -> bool:
        """Wait for its end; return whether it came in time. Only for those it was given to."""
        return self.landed is None or self.landed.wait(at_most_s)

    def outcome(self) -> Entry[T] | None:
        """Return what was found; None if its caller went away, and somebody else has to load.

        Raises:
            Exception: what the load failed with, a copy of its own.
        """
        if isinstance(self._found, Exception):
            raise own_copy(self._found) from self._found
        return None if isinstance(self._found, BaseException) else self._found


def _landed(held: Held) -> Flight[Any]:
    flight: Flight[Any] = Flight(())
    flight.end(Entry(held.value, b"", 0, 0, 0))
    return flight


class Table:
    """Answers by key, bounded by entries and bytes; those that end soonest leave first.

    A load that began before a change of its key or tags is not kept: `land` refuses its flight.
    """

    def __init__(self, settings: TierSettings, metrics: Metrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._evictions = metrics.cache_evictions.labels(TIER)
        self._lock = Lock()
        self._longest_s = settings.near_ttl_s
        self._tags = SharedObjects(Tag)
        self._flights: dict[str, Flight[Any]] = {}
        self._shown = (0, 0)
        self._held: VTTLCache[str, Held] = VTTLCache(
            settings.near_max_bytes, getsizeof=lambda _, held: held.weight_bytes
        )
        self.find = self._held.get
        """Return the entry of a key, or None. Cost: 60 ns; no lock of ours."""

        self.entries = self._held
        """The same by subscript, which takes 10 ns less; read only."""

        metrics.at_rest(self._show)

    def __len__(self) -> int:
        return len(self._held)

    @property
    def size_bytes(self) -> int:
        """What the entries weigh."""
        return self._held.current_size()

    @property
    def longest_s(self) -> float:
        """Seconds for which an entry is kept at most now."""
        return self._longest_s

    def depart(self, key: str, tags: tuple[str, ...]) -> tuple[Flight[Any], bool]:
        """Return the flight of `key`, and whether it is the caller's own to fly.

        One that landed after the caller looked, in another thread, is returned as landed.
        """
        with self._lock:
            flight = self._flights.get(key)
            if flight is not None and not flight.is_over:
                flight.landed = flight.landed or Signal()
                return flight, False
            if (held := self._fresh(key)) is not None:
                return _landed(held), False
            return self._begin(key, tags), True

    def depart_alone(self, key: str, tags: tuple[str, ...]) -> Flight[Any]:
        """Return a flight of the caller's own; the one before it will land nowhere."""
        with self._lock:
            return self._begin(key, tags)

    def leave(self, key: str, flight: Flight[Any]) -> None:
        """Let nobody join `flight` any more, and let it land nowhere."""
        with self._lock:
            if self._flights.get(key) is flight:
                del self._flights[key]

    def land(self, ask: Ask[T], flight: Flight[T], entry: Entry[T]) -> None:
        """Keep what a flight found, unless what it found may be old."""
        weight = OVERHEAD_BYTES + getsizeof(ask.key) + ask.codec.weigh(entry.data)
        with self._lock:
            if self._flights.get(ask.key) is not flight:
                return
            del self._flights[ask.key]
            if not flight.is_over:
                self._keep(ask.key, flight.tags, entry, weight + TAG_BYTES * len(flight.tags))

    def forget(self, change: Change) -> None:
        """Forget entries and let what is in flight land nowhere. A pattern forgets everything."""
        with self._lock:
            for key in change.keys:
                self._flights.pop(key, None)
                self._held.pop(key, None)
            for name in change.tags:
                tag = self._tags.pop(name)
                if tag is not None:
                    tag.is_over = True
            if change.patterns:
                self._clear()

    def start_over(self, longest_s: float) -> None:
        """Forget everything, and from now on keep nothing for longer than `longest_s` seconds."""
        with self._lock:
            self._longest_s = longest_s
            self._clear()

    def _clear(self) -> None:
        self._flights.clear()
        self._held.clear()

    def _fresh(self, key: str) -> Held | None:
        held = self._held.get(key)
        guard = None if held is None else held.guard
        if guard is not None and (guard.is_over or time() >= guard.fresh_until):
            return None
        return held

    def _begin(self, key: str, tags: tuple[str, ...]) -> Flight[Any]:
        flight = self._flights[key] = Flight(tuple(map(self._tags.get, tags)))
        return flight

    def _keep(self, key: str, tags: Tags, entry: Entry[Any], weight_bytes: int) -> None:
        self._held.pop(key, None)  # even when the new one cannot be kept
        now = time()
        stale_s = entry.ends_at - entry.fresh_until
        fresh_s = min(entry.fresh_until - now, self._longest_s)
        is_small = len(entry.data) <= self._settings.max_value_bytes
        if not is_small or weight_bytes > self._settings.near_max_bytes or fresh_s + stale_s <= 0:
            return
        guard = Guard(now + fresh_s, tags) if tags or stale_s > 0 else None
        self._make_room(weight_bytes)
        self._held.insert(key, Held(entry.value, weight_bytes, guard), ttl=fresh_s + stale_s)

    def _make_room(self, weight_bytes: int) -> None:
        if self._has_room(weight_bytes):
            return
        self._held.expire()
        while self._held and not self._has_room(weight_bytes):
            try:
                self._held.popitem()
            except KeyError:  # the last of them ended by themselves
                return
            self._evictions.inc()

    def _has_room(self, weight_bytes: int) -> bool:
        is_free = len(self._held) < self._settings.near_max_entries
        return is_free and self._held.remaining_size() >= weight_bytes

    def _show(self) -> None:
        """Let go of what ended and show the rest; the gauges, 1 µs each, only when they change."""
        with self._lock:
            self._held.expire()
            shown = (len(self._held), self.size_bytes)
            if shown != self._shown:
                self._shown = shown
                self._metrics.cache_entries.set(shown[0])
                self._metrics.cache_bytes.set(shown[1])
