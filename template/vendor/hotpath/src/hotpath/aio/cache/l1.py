"""L1: values of this process, with single flight: callers that miss together share a load."""

from dataclasses import replace
from functools import partial
from time import time
from typing import TypeVar

from hotpath.aio.cache.memory import TIER, Guard, MemoryCache
from hotpath.aio.cache.single_flight import Flight
from hotpath.aio.cache.tiers import CacheRequest, Tier
from hotpath.aio.concurrency import Background
from hotpath.cache.entries import Entry, Invalidation
from hotpath.observability.logs import get_logger
from hotpath.observability.metrics import Metrics
from hotpath.settings import CacheSettings

T = TypeVar("T")

RETRY_S = 1.0
"""Seconds until a stale value is refreshed again after a failure."""

MAX_WAITS = 2
"""How many leases a caller waits for other loads before it loads by itself."""


class L1Tier:
    """Reads through the memory cache of this process."""

    def __init__(
        self,
        memory: MemoryCache,
        below: Tier,
        background: Background,
        settings: CacheSettings,
        metrics: Metrics,
    ) -> None:
        self._memory = memory
        self._below = below
        self._background = background
        self._settings = settings
        self._misses = metrics.cache_misses.labels(TIER)
        self.hits = metrics.cache_hits.labels(TIER)

    async def read(self, request: CacheRequest[T]) -> T:
        """Return the value from memory or from below.

        Raises:
            Exception: what the load failed with.
        """
        cached = self._memory.find(request.key)
        if cached is not None and self._is_usable(request, cached.guard):
            self.hits.count += 1
            value: T = cached.value
            return value
        return await self.load(request)

    async def load(self, request: CacheRequest[T]) -> T:
        """Return the value from below, once memory had none.

        A caller that finds a load in flight waits for it, for as long as a lease; then for the next
        one; after `MAX_WAITS` it loads by itself.

        Raises:
            Exception: what the load failed with.
        """
        self._misses.count += 1
        flight: Flight[T]
        flight, is_own = self._memory.start(request.key, request.tags)
        waits = 0
        while not is_own:
            if await flight.wait(self._settings.lease_s):
                if (entry := flight.result()) is not None:
                    return entry.value
                flight, is_own = self._memory.start(request.key, request.tags)
            elif (waits := waits + 1) < MAX_WAITS:
                flight, is_own = self._memory.start(request.key, request.tags, flight)
            else:
                flight, is_own = self._memory.start_another(request.key, request.tags), True
        return (await self._run_load(request, flight)).value

    async def refresh(self, request: CacheRequest[T]) -> T:
        """Load now, whatever is cached, and store that here and below."""
        flight: Flight[T] = self._memory.start_alone(request.key, request.tags)
        return (await self._run_load(replace(request, loaded_after=time()), flight)).value

    async def invalidate(self, invalidation: Invalidation) -> None:
        """Invalidate below first, then here."""
        try:
            await self._below.invalidate(invalidation)
        finally:  # a caller that is cancelled has written already
            self._memory.invalidate(invalidation)

    def _is_usable(self, request: CacheRequest[T], guard: Guard | None) -> bool:
        if guard is None:
            return True
        if guard.is_invalidated:
            return False
        now = time()
        if now < guard.fresh_until or now < guard.retry_at:
            return True
        if self._background.start(partial(self._refresh_stale, request)):
            guard.retry_at = now + RETRY_S
        return True

    async def _refresh_stale(self, request: CacheRequest[T]) -> None:
        """Replace a stale value, unless another caller does; it is returned while that fails."""
        flight, is_own = self._memory.start(request.key, request.tags)
        if not is_own:
            return
        try:
            await self._run_load(replace(request, takes_stale=False), flight)
        except Exception as error:
            get_logger().warning("stale value not refreshed", key=request.key, error=str(error))

    async def _run_load(self, request: CacheRequest[T], flight: Flight[T]) -> Entry[T]:
        try:
            entry = await self._below.read(request)
            self._memory.complete(request, flight, entry)
        except BaseException as error:
            self._memory.abandon(request.key, flight)
            flight.end(error)
            raise
        flight.end(entry)
        is_stale = entry.fresh_until <= time() < entry.ends_at
        if request.takes_stale and is_stale:
            self._background.start(partial(self._refresh_stale, request))
        return entry
