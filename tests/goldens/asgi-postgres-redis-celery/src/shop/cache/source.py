"""The end of the tiers: loads."""

import random
from time import perf_counter, time
from typing import TypeVar

from ..observability.metrics import Metrics
from .tier_settings import TierSettings
from .tiers import Ask, Change, Entry

T = TypeVar("T")


class Source:
    """Calls the loader of a question; a tier like the others, so that theirs need not know."""

    def __init__(self, settings: TierSettings, metrics: Metrics) -> None:
        self._settings = settings
        self._loads = metrics.tally(metrics.cache_loads)
        self._seconds = metrics.distribution(metrics.cache_load_seconds)
        self._oversized = metrics.tally(metrics.cache_oversized)

    async def read(self, ask: Ask[T]) -> Entry[T]:
        """Load, and give the answer its life.

        Raises:
            TypeError: what was loaded is not of the codec's type; the same in every stack, with
                other tiers and without.
        """
        self._loads.count += 1
        loaded_at, started = time(), perf_counter()
        try:
            value = await ask.load()
        finally:
            self._seconds.add(perf_counter() - started)
        if value is None:
            ends_at = time() + self._life_s(self._settings.absent_ttl_s)
            return Entry(value, b"", loaded_at, ends_at, ends_at)
        data = ask.codec.encode(value)
        if len(data) > self._settings.max_value_bytes:
            self._oversized.count += 1
        fresh_until = time() + self._life_s(ask.ttl_s)
        return Entry(value, data, loaded_at, fresh_until, fresh_until + ask.stale_s)

    async def forget(self, change: Change) -> None:
        """There is nothing to forget."""

    def _life_s(self, ttl_s: float) -> float:
        jitter = self._settings.ttl_jitter
        return ttl_s * (1 - jitter * random.random())  # noqa: S311 - no secret
