"""The origin of cached values, which change, and waiting until processes know it."""

from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from time import monotonic
from typing import Unpack

from hotpath.aio.cache.cache import Cache
from hotpath.aio.cache.tiers import Options
from hotpath.aio.concurrency import Signal
from hotpath.cache.entries import Invalidation

FLUSH_WITHIN_S = 10.0
_PAUSE_S = 0.01


class Origin:
    """Values by key, each with the number of its version."""

    def __init__(self) -> None:
        self.version: Counter[str] = Counter()
        self.loads: Counter[str] = Counter()

    async def load(self, key: str) -> bytes:
        """Return the current value."""
        self.loads[key] += 1
        return self.now(key)

    def now(self, key: str) -> bytes:
        """Return what a load would return."""
        return f"{key} {self.version[key]}".encode()

    async def read(self, cache: Cache, key: str, **options: Unpack[Options]) -> bytes:
        """Read through a cache."""
        return await cache.get_or_load(key, partial(self.load, key), **options)

    async def write(self, cache: Cache, key: str, invalidation: Invalidation | None = None) -> None:
        """Make a new version, and invalidate it in the cache of a process."""
        self.version[key] += 1
        changed = invalidation or Invalidation((key,))
        await cache.invalidate(*changed.keys, tags=changed.tags, patterns=changed.patterns)


async def until(happened: Callable[[], Awaitable[bool]]) -> None:
    """Wait for it; fail after `FLUSH_WITHIN_S`."""
    deadline = monotonic() + FLUSH_WITHIN_S
    while not await happened():
        assert monotonic() < deadline
        await Signal().wait(_PAUSE_S)
