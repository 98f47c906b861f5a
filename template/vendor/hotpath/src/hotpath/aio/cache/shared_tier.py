"""A tier that processes share: values of a store, loaded once for all of them."""

from time import monotonic, time
from typing import TypeVar

from hotpath.aio.cache.tiers import CacheRequest, Store, Tier
from hotpath.aio.concurrency import Signal
from hotpath.cache.entries import BadSignature, Entry, Invalidation, Lease, Signer
from hotpath.observability.logs import get_logger
from hotpath.observability.metrics import Metrics
from hotpath.settings import CacheSettings

T = TypeVar("T")

_FIRST_PAUSE_S = 0.005
_LONGEST_PAUSE_S = 0.05


class SharedTier:
    """Reads through a store."""

    def __init__(
        self,
        store: Store,
        below: Tier,
        signer: Signer,
        settings: CacheSettings,
        metrics: Metrics,
    ) -> None:
        self._store = store
        self._below = below
        self._signer = signer
        self._settings = settings
        self._hits = metrics.cache_hits.labels(store.tier)
        self._misses = metrics.cache_misses.labels(store.tier)
        self._skipped = metrics.cache_skipped.labels(store.tier)
        self._bad_signatures = metrics.cache_bad_signatures.labels(store.tier)

    async def read(self, request: CacheRequest[T]) -> Entry[T]:
        """Return the value of the store, or of the tier below, which is then stored.

        Stored is only what was loaded under a lease that was taken before the load and still holds:
        an invalidation ends the lease, so that nothing older is stored after it. Every read is
        counted once: as a hit, a miss, or skipped.
        """
        if await self._store.state() != "ok":
            self._skipped.count += 1
            return await self._below.read(request)
        entry = await self._find(request)
        if entry is not None:
            self._hits.count += 1
            return entry
        self._misses.count += 1
        lease = await self._store.lease(request.key, request.tags, self._settings.lease_s)
        if request.is_expensive and not lease.is_refused:
            next_step = self._read_again if lease.is_held else self._wait
            found = await next_step(request, lease)
            if isinstance(found, Entry):
                return found
            lease = found
        return await self._load(request, lease)

    async def invalidate(self, invalidation: Invalidation) -> None:
        """Invalidate below first, then here."""
        try:
            await self._below.invalidate(invalidation)
        finally:  # a caller that is cancelled has written already
            await self._store.invalidate(invalidation)

    async def _find(self, request: CacheRequest[T]) -> Entry[T] | None:
        signed = await self._store.get(request.key, request.tags)
        if signed is None:
            return None
        try:
            entry = self._signer.verify(request.key, request.codec, signed)
        except BadSignature as error:
            self._bad_signatures.inc()
            get_logger().warning("cache entry rejected", reason=str(error))
            return None
        return entry if entry is not None and request.accepts(entry, time()) else None

    async def _load(self, request: CacheRequest[T], lease: Lease) -> Entry[T]:
        try:
            entry = await self._below.read(request)
        except BaseException:
            if lease.is_held:
                await self._store.release(lease)
            raise
        if lease.is_held:
            await self._store_entry(request, lease, entry)
        return entry

    async def _store_entry(self, request: CacheRequest[T], lease: Lease, entry: Entry[T]) -> None:
        ttl_s = entry.ends_at - time()
        if len(entry.data) > self._settings.max_value_bytes or ttl_s <= 0:
            await self._store.release(lease)
            return
        signed = self._signer.sign(request.key, entry, request.codec, lease.stamps)
        await self._store.put(lease, signed, ttl_s)

    async def _read_again(self, request: CacheRequest[T], lease: Lease) -> Entry[T] | Lease:
        """Return what another process stored between the read and the lease, or the lease."""
        entry = await self._find(request)
        if entry is None:
            return lease
        await self._store.release(lease)
        return entry

    async def _wait(self, request: CacheRequest[T], lease: Lease) -> Entry[T] | Lease:
        """Return what another process loaded, or its lease once that has ended.

        The caller's own lease, not held, after two leases, or at once if the store refuses one.
        """
        give_up_at, pause_s = monotonic() + 2 * self._settings.lease_s, _FIRST_PAUSE_S
        while monotonic() < give_up_at and await self._store.state() == "ok":
            await Signal().wait(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            if (entry := await self._find(request)) is not None:
                return entry
            lease = await self._store.lease(request.key, request.tags, self._settings.lease_s)
            if lease.is_held:
                return await self._read_again(request, lease)
            if lease.is_refused:
                break
        return lease
