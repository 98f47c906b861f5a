"""The nearest tier: answers from this process, and lets callers at the same time share a load."""

from dataclasses import replace
from functools import partial
from time import time
from typing import TypeVar

from ..concurrency import Background
from ..observability.logs import get_logger
from ..observability.metrics import Metrics
from .flights import Flight
from .held import TIER, Guard, Table
from .tier_settings import TierSettings
from .tiers import Ask, Change, Entry, Tier

T = TypeVar("T")

NEXT_TRY_S = 1.0
"""Seconds until a stale answer is tried again: each failure costs a load and a line of log."""


MAX_WAITS = 2
"""Leases a caller waits for others, whatever they do."""


class Near:
    """Reads through the table of this process."""

    def __init__(
        self,
        table: Table,
        below: Tier,
        background: Background,
        settings: TierSettings,
        metrics: Metrics,
    ) -> None:
        self._table = table
        self._below = below
        self._background = background
        self._settings = settings
        self._misses = metrics.tally(metrics.cache_misses.labels(TIER))
        self.hits = metrics.tally(metrics.cache_hits.labels(TIER))

    def read(self, ask: Ask[T]) -> T:
        """Return the answer from the table or from below. Takes one look more than a bare hit.

        Raises:
            Exception: what the load failed with.
        """
        held = self._table.find(ask.key)
        if held is not None and self._holds(ask, held.guard):
            self.hits.count += 1
            found: T = held.value
            return found
        return self.load(ask)

    def load(self, ask: Ask[T]) -> T:
        """Return the answer from below; the table had none a moment ago.

        Who finds a load in flight waits for it, lest it hang for no longer than a lease; then for
        the next one; after `MAX_WAITS` everybody loads alone.

        Raises:
            Exception: what the load failed with.
        """
        self._misses.count += 1
        flight: Flight[T]
        flight, is_mine = self._table.depart(ask.key, ask.tags)
        waits = 0
        while not is_mine:
            if flight.wait(self._settings.lease_s):
                if (entry := flight.outcome()) is not None:
                    return entry.value
                flight, is_mine = self._table.depart(ask.key, ask.tags)
            elif (waits := waits + 1) < MAX_WAITS:
                flight, is_mine = self._table.depart(ask.key, ask.tags, flight)
            else:
                flight, is_mine = self._table.overtake(ask.key, ask.tags), True
        return self._fly(ask, flight).value

    def refresh(self, ask: Ask[T]) -> T:
        """Load now, whatever is kept, and keep that here and below."""
        flight: Flight[T] = self._table.depart_alone(ask.key, ask.tags)
        return self._fly(replace(ask, loaded_after=time()), flight).value

    def forget(self, change: Change) -> None:
        """Forget below first, then here."""
        try:
            self._below.forget(change)
        finally:  # a caller that is cancelled has written already
            self._table.forget(change)

    def _holds(self, ask: Ask[T], guard: Guard | None) -> bool:
        if guard is None:
            return True
        if guard.is_over:
            return False
        now = time()
        if now < guard.fresh_until or now < guard.next_try_at:
            return True
        if self._background.start(partial(self._renew, ask)):
            guard.next_try_at = now + NEXT_TRY_S
        return True

    def _renew(self, ask: Ask[T]) -> None:
        """Replace a stale answer, unless somebody is at it; it serves on while that fails."""
        flight, is_mine = self._table.depart(ask.key, ask.tags)
        if not is_mine:
            return
        try:
            self._fly(replace(ask, takes_stale=False), flight)
        except Exception as error:
            get_logger().warning("a stale answer was not renewed", key=ask.key, error=str(error))

    def _fly(self, ask: Ask[T], flight: Flight[T]) -> Entry[T]:
        try:
            entry = self._below.read(ask)
            self._table.land(ask, flight, entry)
        except BaseException as error:
            self._table.leave(ask.key, flight)
            flight.end(error)
            raise
        flight.end(entry)
        if ask.takes_stale and entry.fresh_until <= time() < entry.ends_at:  # a stale one came up
            self._background.start(partial(self._renew, ask))
        return entry
