"""A store in memory that fails when told, as one of two processes sees it."""

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from secrets import token_bytes
from threading import RLock
from typing import Any

from shop.cache.envelope import Envelopes
from shop.cache.far import Far
from shop.cache.settings import CacheSettings
from shop.cache.source import Source
from shop.cache.stores import STAMP_BYTES, Lease, Sealed
from shop.cache.tiers import Change
from shop.observability.metrics import Metrics

from .caches import Process, process

LEASE_S = 0.01
"""Short: a lease that was lost holds up those who wait for it."""


class Shelf:
    """What is kept outside of the processes, and what they tell each other."""

    def __init__(self, forgotten: Callable[[Change], None]) -> None:
        self.lock = RLock()
        self.values: dict[str, bytes] = {}
        self.leases: dict[str, bytes] = {}
        self.stamps: dict[str, bytes] = {}
        self.views: list[FailingStore] = []
        self._forgotten = forgotten

    def forget(self, change: Change) -> None:
        """Drop values with their leases, and stamps."""
        for kept in (self.values, self.leases):
            for key in [*kept] if change.patterns else change.keys:
                kept.pop(key, None)
        for tag in change.tags:
            self.stamps.pop(tag, None)
        self._forgotten(change)


class FailingStore:
    """The shelf as a process sees it: once a command failed, not at all until it is back."""

    tier = "redis"

    def __init__(self, shelf: Shelf) -> None:
        self.is_away = False
        self.fails: set[str] = set()
        """Commands that fail the next time; those with a "+" are done all the same."""

        self.heard: list[Change] = []
        self._owed: list[Change] = []
        self._shelf = shelf
        shelf.views.append(self)

    async def get(self, key: str, tags: Sequence[str]) -> Sealed | None:
        """Return what is kept, if that can be."""
        with self._shelf.lock:
            self._goes_through("get")
            data = self._shelf.values.get(key)
            if data is None or self.is_away:
                return None
            return Sealed(data, [self._shelf.stamps.get(tag) for tag in tags])

    async def lease(self, key: str, tags: Sequence[str], life_s: float) -> Lease:
        """Take the lease, if that can be."""
        token = token_bytes(STAMP_BYTES)
        with self._shelf.lock:
            is_mine = self._goes_through("lease") and key not in self._shelf.leases
            if is_mine:
                self._shelf.leases[key] = token
            stamps = tuple(self._shelf.stamps.setdefault(tag, token) for tag in tags)
            return Lease(key, token, stamps, is_held=is_mine and not self.is_away)

    async def put(self, lease: Lease, data: bytes, life_s: float) -> None:
        """Keep `data` if the lease still holds."""
        with self._shelf.lock:
            if self._goes_through("put") and self._has_ended(lease):
                self._shelf.values[lease.key] = data

    async def release(self, lease: Lease) -> None:
        """End the lease."""
        with self._shelf.lock:
            if self._goes_through("release"):
                self._has_ended(lease)

    async def forget(self, change: Change) -> None:
        """Forget and tell the others, or owe it."""
        with self._shelf.lock:
            if self._goes_through("forget"):
                self._tell(change)
            if self.is_away:
                self._owed.append(change)

    async def state(self) -> str:
        """Return "ok", or "degraded" while it is away."""
        return "degraded" if self.is_away else "ok"

    def come_back(self) -> None:
        """Tell what is owed, and answer again."""
        while self._owed:
            self._tell(self._owed.pop(0))
        self.is_away = False

    def take_heard(self) -> list[Change]:
        """Return the messages that came since the last time."""
        heard, self.heard = self.heard, []
        return heard

    def _tell(self, change: Change) -> None:
        self._shelf.forget(change)
        for view in self._shelf.views:
            if view is not self and not view.is_away:
                view.heard.append(change)

    def _has_ended(self, lease: Lease) -> bool:
        is_held = self._shelf.leases.get(lease.key) == lease.token
        if is_held:
            del self._shelf.leases[lease.key]
        return is_held

    def _goes_through(self, command: str) -> bool:
        """Tell whether a command is done; its answer may be lost all the same."""
        if self.is_away:
            return False
        is_lost, is_late = command in self.fails, f"{command}+" in self.fails
        self.fails -= {command, f"{command}+"}
        self.is_away = is_lost or is_late
        return not is_lost


async def process_over(stack: AsyncExitStack, store: FailingStore) -> Process:
    """Open what a process has of the cache, until the end of `stack`."""
    values: dict[str, Any] = {"near_ttl_s": 3600, "ttl_s": 3600, "lease_s": LEASE_S}
    given, metrics = CacheSettings(**values), Metrics()
    far = Far(store, Source(given, metrics), Envelopes(b"secret"), given, metrics)
    return await stack.enter_async_context(process(far, **values))
