"""Reading through the cache, and forgetting after a write."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from ..observability.metrics import Metrics
from .settings import CacheSettings
from .store import Store, open_store

# The first byte tells a kept absence from a kept value, so that absence is never taken for a miss.
_ABSENT = b"-"
_VALUE = b"+"


class Cache:
    """Encoded answers by key."""

    def __init__(self, store: Store, settings: CacheSettings, metrics: Metrics) -> None:
        self.store = store
        self._settings = settings
        self._metrics = metrics

    async def get_or_load(
        self, key: str, load: Callable[[], Awaitable[bytes | None]]
    ) -> bytes | None:
        """Return the kept answer of `key`, or load and keep it; None means there is none.

        Cost: a hit is one look-up; a miss adds `load` and one write.
        """
        kept = await self.store.get(key)
        if kept is not None:
            self._metrics.cache_hits.inc()
            return None if kept == _ABSENT else kept[1:]
        self._metrics.cache_misses.inc()
        value = await load()
        if value is None:
            await self.store.set(key, _ABSENT, self._settings.absent_ttl_s)
        else:
            await self.store.set(key, _VALUE + value, self._settings.ttl_s)
        return value

    async def invalidate(self, *keys: str) -> None:
        """Forget `keys`; call it after the commit, never before."""
        await self.store.delete(*keys)


@asynccontextmanager
async def open_cache(settings: CacheSettings, metrics: Metrics) -> AsyncIterator[Cache]:
    """Open the cache of this process."""
    async with open_store(settings, metrics) as store:
        yield Cache(store, settings, metrics)
