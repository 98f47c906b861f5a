"""A shared tier: answers from a store that all processes see, and loads once for all of them."""

from time import monotonic, time
from typing import TypeVar

from ..concurrency import Signal
from ..observability.logs import get_logger
from ..observability.metrics import Metrics
from .envelope import Envelopes, Poisoned
from .stores import Lease, Store
from .tier_settings import TierSettings
from .tiers import Ask, Change, Entry, Tier

T = TypeVar("T")

_FIRST_PAUSE_S = 0.005
_LONGEST_PAUSE_S = 0.05


class Far:
    """Reads through a store."""

    def __init__(
        self,
        store: Store,
        below: Tier,
        envelopes: Envelopes,
        settings: TierSettings,
        metrics: Metrics,
    ) -> None:
        self._store = store
        self._below = below
        self._envelopes = envelopes
        self._settings = settings
        self._hits = metrics.tally(metrics.cache_hits.labels(store.tier))
        self._misses = metrics.tally(metrics.cache_misses.labels(store.tier))
        self._skipped = metrics.tally(metrics.cache_skipped.labels(store.tier))
        self._poisoned = metrics.cache_poisoned.labels(store.tier)

    async def read(self, ask: Ask[T]) -> Entry[T]:
        """Return the answer of the store, or what is below, and keep that.

        Kept is only what was loaded under a lease that was taken before the load and still holds:
        a change ends the lease, so that nothing older than the change is kept after it.
        Counted is every read, once: as a hit, as a miss, or as skipped.
        """
        if await self._store.state() != "ok":
            self._skipped.count += 1
            return await self._below.read(ask)
        entry = await self._find(ask)
        if entry is not None:
            self._hits.count += 1
            return entry
        self._misses.count += 1
        lease = await self._store.lease(ask.key, ask.tags, self._settings.lease_s)
        if ask.is_expensive and not lease.is_refused:
            look = self._look_again if lease.is_held else self._wait
            found = await look(ask, lease)
            if isinstance(found, Entry):
                return found
            lease = found
        return await self._load(ask, lease)

    async def forget(self, change: Change) -> None:
        """Forget below first, then here."""
        try:
            await self._below.forget(change)
        finally:  # a caller that is cancelled has written already
            await self._store.forget(change)

    async def _find(self, ask: Ask[T]) -> Entry[T] | None:
        sealed = await self._store.get(ask.key, ask.tags)
        if sealed is None:
            return None
        try:
            entry = self._envelopes.open(ask, sealed)
        except Poisoned as error:
            self._poisoned.inc()
            get_logger().warning("a cache entry was refused", reason=str(error))
            return None
        return entry if entry is not None and ask.accepts(entry, time()) else None

    async def _load(self, ask: Ask[T], lease: Lease) -> Entry[T]:
        try:
            entry = await self._below.read(ask)
        except BaseException:
            if lease.is_held:
                await self._store.release(lease)
            raise
        if lease.is_held:
            await self._keep(ask, lease, entry)
        return entry

    async def _keep(self, ask: Ask[T], lease: Lease, entry: Entry[T]) -> None:
        life_s = entry.ends_at - time()
        if len(entry.data) > self._settings.max_value_bytes or life_s <= 0:
            await self._store.release(lease)
            return
        sealed = self._envelopes.seal(ask.key, entry, ask.codec, lease.stamps)
        await self._store.put(lease, sealed, life_s)

    async def _look_again(self, ask: Ask[T], lease: Lease) -> Entry[T] | Lease:
        """Return what another process kept between our look and our lease, or the lease."""
        entry = await self._find(ask)
        if entry is None:
            return lease
        await self._store.release(lease)
        return entry

    async def _wait(self, ask: Ask[T], lease: Lease) -> Entry[T] | Lease:
        """Return what another process loaded, or its lease once that has ended.

        Ours, which is not held, after two leases, or at once when the store gives none any more.
        """
        give_up_at, pause_s = monotonic() + 2 * self._settings.lease_s, _FIRST_PAUSE_S
        while monotonic() < give_up_at and await self._store.state() == "ok":
            await Signal().wait(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            if (entry := await self._find(ask)) is not None:
                return entry
            lease = await self._store.lease(ask.key, ask.tags, self._settings.lease_s)
            if lease.is_held:
                return await self._look_again(ask, lease)
            if lease.is_refused:
                break
        return lease
