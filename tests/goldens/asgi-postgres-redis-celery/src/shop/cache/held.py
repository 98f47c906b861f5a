"""What this process holds: a bounded table of answers, and the loads in flight. No other tier."""

from dataclasses import dataclass
from sys import getsizeof
from threading import Lock
from time import time
from typing import Any, TypeVar

from cachebox import VTTLCache

from ..concurrency import Signal
from ..observability.metrics import Metrics
from .flights import Flight, Tag, Tags, any_is_over
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
        return any_is_over(self.tags)

    def is_firm(self) -> bool:
        """Tell whether its entry is right as it is: fresh, and no tag of it was invalidated."""
        return time() < self.fresh_until and not any_is_over(self.tags)


@dataclass(slots=True)
class Held:
    """An answer in the table; without a guard it is right as long as it is there."""

    value: Any
    weight_bytes: int
    guard: Guard | None


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
        self._evictions = metrics.tally(metrics.cache_evictions.labels(TIER))
        self._lock = Lock()
        self.longest_s = settings.near_ttl_s
        """Seconds for which an entry is kept at most now; see `start_over`."""

        self._tags = SharedObjects(Tag)
        self._flights: dict[str, Flight[Any]] = {}
        self._shown = (0, 0)
        self._held: VTTLCache[str, Held] = VTTLCache(
            settings.near_max_bytes, getsizeof=lambda _, held: held.weight_bytes
        )
        self.find = self._held.get
        """Return the entry of a key, or None. Cost: 60 ns; no lock of ours."""

        metrics.at_rest(self._show)

    def __len__(self) -> int:
        return len(self._held)

    @property
    def size_bytes(self) -> int:
        """What the entries weigh."""
        return self._held.current_size()

    def depart(
        self, key: str, tags: tuple[str, ...], in_vain: Flight[Any] | None = None
    ) -> tuple[Flight[Any], bool]:
        """Return the flight of `key`, and whether it is the caller's own to fly.

        One that landed after the caller looked, in another thread, is returned as landed.

        Args:
            in_vain: What the caller waited for too long. It is overtaken: it may still land, and
                others wait for the new one.
        """
        with self._lock:
            flight = self._flights.get(key)
            if flight is not None and not flight.is_over and flight is not in_vain:
                flight.landed = flight.landed or Signal()
                return flight, False
            if (held := self._fresh(key)) is not None:
                return _landed(held), False
            return self._begin(key, tags, flight), True

    def overtake(self, key: str, tags: tuple[str, ...]) -> Flight[Any]:
        """Return a flight of the caller's own; the one before it may still land."""
        with self._lock:
            return self._begin(key, tags, self._flights.get(key))

    def depart_alone(self, key: str, tags: tuple[str, ...]) -> Flight[Any]:
        """Return a flight of the caller's own; those before it will land nowhere."""
        with self._lock:
            self._cancel(key)
            return self._begin(key, tags, None)

    def leave(self, key: str, flight: Flight[Any]) -> None:
        """Let a flight that failed land nowhere, and nobody join it any more."""
        with self._lock:
            flight.is_cancelled = True
            if self._flights.get(key) is not flight:
                return
            if flight.before is not None and flight.before.is_aloft:
                self._flights[key] = flight.before
            else:
                del self._flights[key]

    def land(self, ask: Ask[T], flight: Flight[T], entry: Entry[T]) -> None:
        """Keep what a flight found, unless what it found may be old."""
        weight = OVERHEAD_BYTES + getsizeof(ask.key) + ask.codec.weigh(entry.data)
        with self._lock:
            is_over = flight.is_over
            flight.is_cancelled = True  # it has landed
            if flight.before is not None:
                flight.before.cancel()  # those are older
            if self._flights.get(ask.key) is flight:
                del self._flights[ask.key]
            if not is_over:
                self._keep(ask.key, flight.tags, entry, weight + TAG_BYTES * len(flight.tags))

    def forget(self, change: Change) -> None:
        """Forget entries and let what is in flight land nowhere. A pattern forgets everything."""
        with self._lock:
            for key in change.keys:
                self._cancel(key)
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
            self.longest_s = longest_s
            self._clear()

    def _cancel(self, key: str) -> None:
        flight = self._flights.pop(key, None)
        if flight is not None:
            flight.cancel()

    def _clear(self) -> None:
        for key in tuple(self._flights):
            self._cancel(key)
        self._held.clear()

    def _fresh(self, key: str) -> Held | None:
        held = self._held.get(key)
        guard = None if held is None else held.guard
        if guard is not None and (guard.is_over or time() >= guard.fresh_until):
            return None
        return held

    def _begin(self, key: str, tags: tuple[str, ...], before: Flight[Any] | None) -> Flight[Any]:
        held = tuple(map(self._tags.get, tags)) if tags else ()
        flight = self._flights[key] = Flight(held, before)
        return flight

    def _keep(self, key: str, tags: Tags, entry: Entry[Any], weight_bytes: int) -> None:
        self._held.pop(key, None)  # even when the new one cannot be kept
        now = time()
        stale_s = entry.ends_at - entry.fresh_until
        fresh_s = min(entry.fresh_until - now, self.longest_s)
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
            self._evictions.count += 1

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
