"""What `/debug` tells those who have the admin token."""

import os
from hmac import compare_digest

from pydantic import BaseModel

from ..cache.held import TIER
from ..cache.pools import pools_of
from ..observability.metrics import Metrics
from ..resources import Resources


class PoolReport(BaseModel, from_attributes=True):
    """The connection pool of one process."""

    size: int
    max_overflow: int
    in_use: int
    idle: int
    overflow: int
    waiting: int


class HeldReport(BaseModel, from_attributes=True):
    """The connections of one process that are held for hot statements."""

    size: int
    in_use: int
    open: int
    waiting: int


class CachePoolReport(BaseModel, from_attributes=True):
    """The connection pool of a shared tier of the cache."""

    size: int
    in_use: int
    idle: int


class PoolsReport(BaseModel):
    """The pools of the process that answers; tiers without a pool of their own are left out."""

    pid: int
    database: PoolReport
    held: HeldReport | None
    cache: dict[str, CachePoolReport]


class TierReport(BaseModel):
    """A tier that processes share, and what this one found there."""

    tier: str
    state: str
    hits: int
    misses: int
    errors: int


class NearReport(BaseModel):
    """The answers that this process holds; `longest_s` is how long it keeps one at most now."""

    entries: int
    max_entries: int
    size_bytes: int
    max_bytes: int
    longest_s: float
    hits: int
    misses: int


class CacheReport(BaseModel):
    """The cache of the process that answers; the shared tiers from the lowest to the nearest."""

    pid: int
    near: NearReport
    shared: list[TierReport]


def is_admin(resources: Resources, authorization: str | None) -> bool:
    """Tell whether `Authorization: Bearer <admin token>` was sent; never while no token is set."""
    token = resources.settings.observability.admin_token.get_secret_value()
    scheme, _, given = (authorization or "").partition(" ")
    is_right = compare_digest(given.encode(), token.encode())
    return bool(token) and scheme.lower() == "bearer" and is_right


def read_pools(resources: Resources) -> PoolsReport:
    """Return the figures of this moment."""
    by_tier = pools_of(resources.cache.stores)
    held = resources.db.held
    return PoolsReport(
        pid=os.getpid(),
        database=PoolReport.model_validate(resources.db.pool.state()),
        held=None if held is None else HeldReport.model_validate(held.state()),
        cache={tier: CachePoolReport.model_validate(pool) for tier, pool in by_tier.items()},
    )


async def read_cache(resources: Resources) -> CacheReport:
    """Return the figures of this moment."""
    metrics = resources.metrics
    shared = [
        TierReport(
            tier=store.tier,
            state=await store.state(),
            hits=metrics.total(metrics.cache_hits, store.tier),
            misses=metrics.total(metrics.cache_misses, store.tier),
            errors=metrics.total(metrics.cache_errors, store.tier),
        )
        for store in resources.cache.stores
    ]
    return CacheReport(pid=os.getpid(), near=_near(resources, metrics), shared=shared)


def _near(resources: Resources, metrics: Metrics) -> NearReport:
    table, settings = resources.cache.table, resources.settings.cache
    return NearReport(
        entries=len(table),
        max_entries=settings.near_max_entries,
        size_bytes=table.size_bytes,
        max_bytes=settings.near_max_bytes,
        longest_s=table.longest_s,
        hits=metrics.total(metrics.cache_hits, TIER),
        misses=metrics.total(metrics.cache_misses, TIER),
    )
