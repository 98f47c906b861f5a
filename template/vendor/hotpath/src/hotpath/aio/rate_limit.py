"""Limits the requests of each client: where they are counted, and what is responded."""

from collections.abc import Sequence
from typing import Protocol, Self, runtime_checkable

from hotpath.aio.resources import Resources
from hotpath.http.rate_limit import MemoryWindows, Policies, Verdict, Window, client_of
from hotpath.observability.logs import get_logger
from hotpath.observability.metrics import Metrics
from hotpath.settings.rate_limit import Limit


@runtime_checkable
class Counter(Protocol):
    """A store of the cache that counts requests for all processes."""

    async def hit(self, client: str, limit: Limit) -> Window | None:
        """Count a request, if it is allowed; None while the store is unavailable."""
        ...


class RateLimiter:
    """Counts in Redis where processes share a cache there, else in this process.

    While Redis is unavailable every request is allowed and counted as skipped; the log says so.
    """

    def __init__(self, limits: Sequence[Limit], shared: Counter | None, metrics: Metrics) -> None:
        """Limit requests.

        Args:
            limits: Those of the shortest window first: what one refuses does not count for longer
                ones.
            shared: Where all processes count; None to count here.
        """
        self._policies = Policies(limits)
        self._shared = shared
        self._memory = MemoryWindows()
        self._skipped = metrics.rate_limit_skipped
        self._is_skipping = False

    @classmethod
    def of(cls, resources: Resources) -> Self | None:
        """Return the limiter of a process; None if its settings have no limit."""
        limits = resources.settings.server.limits
        if not limits:
            return None
        shared = next((each for each in resources.cache.stores if isinstance(each, Counter)), None)
        return cls(limits, shared, resources.metrics)

    async def hit(self, address: str) -> Verdict | None:
        """Count a request of the client at `address`; None if no limit can be applied.

        Cost: 5 µs in this process; in Redis 1 round trip for each limit, which concurrent requests
            share.
        """
        client = client_of(address)
        windows: list[Window] = []
        for limit in self._policies.limits:
            window = await self._count(client, limit)
            if window is None:
                self._skip()
                return None
            windows.append(window)
            if not window.is_allowed:
                break
        if self._is_skipping:
            self._is_skipping = False
            get_logger().info("rate limit applied again")
        return self._policies.verdict(windows)

    async def _count(self, client: str, limit: Limit) -> Window | None:
        if self._shared is None:
            return self._memory.hit(client, limit)
        return await self._shared.hit(client, limit)

    def _skip(self) -> None:
        self._skipped.inc()
        if not self._is_skipping:
            self._is_skipping = True
            get_logger().warning("rate limit not applied: Redis is unavailable")
