"""A store in memory that fails when told, as one of two processes sees it."""

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from secrets import token_bytes
from threading import RLock
from typing import Any

from hotpath.aio.cache.shared_tier import SharedTier
from hotpath.aio.cache.tiers import OriginTier
from hotpath.cache.entries import STAMP_BYTES, Invalidation, Lease, SignedEntry, Signer
from hotpath.observability.metrics import Metrics
from hotpath.settings import CacheSettings

from .caches import Process, process

LEASE_S = 0.01
"""Short: a lease that was lost holds up those who wait for it."""


class Shelf:
    """What is kept outside of the processes, and what they tell each other."""

    def __init__(self, forgotten: Callable[[Invalidation], None]) -> None:
        self.lock = RLock()
        self.values: dict[str, bytes] = {}
        self.leases: dict[str, bytes] = {}
        self.stamps: dict[str, bytes] = {}
        self.views: list[FailingStore] = []
        self._forgotten = forgotten

    def invalidate(self, invalidation: Invalidation) -> None:
        """Drop values with their leases, and stamps."""
        for kept in (self.values, self.leases):
            for key in [*kept] if invalidation.patterns else invalidation.keys:
                kept.pop(key, None)
        for tag in invalidation.tags:
            self.stamps.pop(tag, None)
        self._forgotten(invalidation)


class FailingStore:
    """The shelf as a process sees it: once a command failed, not at all until it is back."""

    tier = "l2"

    def __init__(self, shelf: Shelf) -> None:
        self.is_unavailable = False
        self.fails: set[str] = set()
        """Commands that fail the next time; those with a "+" are done all the same."""

        self.heard: list[Invalidation] = []
        self._pending: list[Invalidation] = []
        self._shelf = shelf
        shelf.views.append(self)

    async def get(self, key: str, tags: Sequence[str]) -> SignedEntry | None:
        """Return what is kept, if that can be."""
        with self._shelf.lock:
            self._goes_through("get")
            data = self._shelf.values.get(key)
            if data is None or self.is_unavailable:
                return None
            return SignedEntry(data, [self._shelf.stamps.get(tag) for tag in tags])

    async def lease(self, key: str, tags: Sequence[str], ttl_s: float) -> Lease:
        """Take the lease, if that can be."""
        token = token_bytes(STAMP_BYTES)
        with self._shelf.lock:
            is_mine = self._goes_through("lease") and key not in self._shelf.leases
            if is_mine:
                self._shelf.leases[key] = token
            stamps = tuple(self._shelf.stamps.setdefault(tag, token) for tag in tags)
            return Lease(key, token, stamps, is_held=is_mine and not self.is_unavailable)

    async def put(self, lease: Lease, data: bytes, ttl_s: float) -> None:
        """Keep `data` if the lease still holds."""
        with self._shelf.lock:
            if self._goes_through("put") and self._has_ended(lease):
                self._shelf.values[lease.key] = data

    async def release(self, lease: Lease) -> None:
        """End the lease."""
        with self._shelf.lock:
            if self._goes_through("release"):
                self._has_ended(lease)

    async def invalidate(self, invalidation: Invalidation) -> None:
        """Forget and tell the others, or owe it."""
        with self._shelf.lock:
            if self._goes_through("invalidate"):
                self._tell(invalidation)
            if self.is_unavailable:
                self._pending.append(invalidation)

    async def state(self) -> str:
        """Return "ok", or "degraded" while it is away."""
        return "degraded" if self.is_unavailable else "ok"

    def come_back(self) -> None:
        """Tell what is owed, and answer again."""
        while self._pending:
            self._tell(self._pending.pop(0))
        self.is_unavailable = False

    def take_heard(self) -> list[Invalidation]:
        """Return the messages that came since the last time."""
        heard, self.heard = self.heard, []
        return heard

    def _tell(self, invalidation: Invalidation) -> None:
        self._shelf.invalidate(invalidation)
        for view in self._shelf.views:
            if view is not self and not view.is_unavailable:
                view.heard.append(invalidation)

    def _has_ended(self, lease: Lease) -> bool:
        is_held = self._shelf.leases.get(lease.key) == lease.token
        if is_held:
            del self._shelf.leases[lease.key]
        return is_held

    def _goes_through(self, command: str) -> bool:
        """Tell whether a command is done; its answer may be lost all the same."""
        if self.is_unavailable:
            return False
        is_transient_error, is_late = command in self.fails, f"{command}+" in self.fails
        self.fails -= {command, f"{command}+"}
        self.is_unavailable = is_transient_error or is_late
        return not is_transient_error


async def process_over(stack: AsyncExitStack, store: FailingStore) -> Process:
    """Open what a process has of the cache, until the end of `stack`."""
    values: dict[str, Any] = {"l1_ttl_s": 3600, "ttl_s": 3600, "lease_s": LEASE_S}
    given, metrics = CacheSettings(**values), Metrics("shop")
    far = SharedTier(store, OriginTier(given, metrics), Signer(b"secret"), given, metrics)
    return await stack.enter_async_context(process(far, **values))
