"""A cache of one process, without servers, and loaders that end when a test says so."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any, Generic, TypeVar

from hotpath.aio.cache.cache import Cache
from hotpath.aio.cache.l1 import L1Tier
from hotpath.aio.cache.memory import MemoryCache
from hotpath.aio.cache.tiers import OriginTier, Tier
from hotpath.aio.concurrency import Background, Signal
from hotpath.observability.metrics import Metrics
from hotpath.settings import CacheSettings

T = TypeVar("T")

SOON_S = 20.0
"""Seconds in which a busy machine does anything."""


@dataclass(frozen=True)
class Process:
    """What a process of the service has of the cache."""

    cache: Cache
    table: MemoryCache
    metrics: Metrics

    def figure(self, name: str, **labels: str) -> float:
        """Return a metric; 0 if there is none."""
        self.metrics.flush()
        return self.metrics.registry.get_sample_value(f"shop_{name}", labels) or 0


@asynccontextmanager
async def process(below: Tier | None = None, **values: Any) -> AsyncIterator[Process]:
    """Open L1 over `below`, or over the loaders themselves."""
    settings, metrics = CacheSettings(**{"l1_ttl_s": 60, **values}), Metrics("shop")
    table = MemoryCache(settings, metrics)
    async with Background(settings.refreshes) as background:
        l1 = L1Tier(table, below or OriginTier(settings, metrics), background, settings, metrics)
        yield Process(Cache(l1, table, (), settings), table, metrics)


class Loader(Generic[T]):
    """Returns `value`, or raises it; a gated one when it is told to."""

    def __init__(self, value: T | BaseException, *, is_gated: bool = False) -> None:
        self.value = value
        self.calls = 0
        self.gate = Signal()
        if not is_gated:
            self.gate.set()

    async def __call__(self) -> T:
        """Load; what is returned is as it was when the load began."""
        self.calls += 1
        value = self.value
        assert await self.gate.wait(SOON_S)
        if isinstance(value, BaseException):
            raise value
        return value


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for something, while others go on."""
    deadline = monotonic() + SOON_S
    while not is_so():
        assert monotonic() < deadline, "it did not come"
        await Signal().wait(0.002)
