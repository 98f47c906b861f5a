# Generated from hotpath/aio/reports.py by extensions/blocking.py; do not edit.
"""What `/readyz` and `/debug` respond with: states of dependencies, figures of pools and caches."""

import os
from contextlib import suppress
from typing import Literal, cast

from pydantic import BaseModel, Field
from sqlalchemy.exc import SQLAlchemyError

from hotpath.blocking.cache.memory import TIER
from hotpath.blocking.gather import gather_bounded
from hotpath.blocking.resources import Resources
from hotpath.db.errors import DatabaseUnavailable
from hotpath.http.etags import encode
from hotpath.observability.metrics import Metrics
from hotpath.observability.percentiles import percentile
from hotpath.tasks.model import TasksReport

State = Literal["ok", "degraded", "unavailable"]
SchemaState = Literal["ok", "behind", "unknown"]


class Health(BaseModel):
    """The process lives."""

    status: Literal["ok"] = "ok"


ALIVE = encode(Health())
"""The body of every `/healthz`."""


class Readiness(BaseModel, serialize_by_alias=True):
    """`ready` gets requests; without its cache or queue it is slower or poorer, not unready.

    `schema` is behind where the database lacks revisions of this code, and `remedy` is the command
    that runs them; a database that is ahead is ok.
    """

    status: Literal["ready", "draining", "unavailable"]
    database: State
    schema_: SchemaState = Field(alias="schema")
    cache: State
    queue: State
    tasks: TasksReport
    remedy: str | None


class PoolReport(BaseModel, from_attributes=True):
    """The connection pool of one process."""

    size: int
    max_overflow: int
    in_use: int
    idle: int
    overflow: int
    waiting: int


class DedicatedReport(BaseModel, from_attributes=True):
    """The dedicated connections of one process."""

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
    """The pools of the process that responds; tiers without a pool of their own are left out."""

    pid: int
    database: PoolReport
    dedicated: DedicatedReport | None
    cache: dict[str, CachePoolReport]


class TierReport(BaseModel):
    """A shared tier, and what this process found there."""

    tier: str
    state: str
    hits: int
    misses: int
    skipped: int
    errors: int


class L1Report(BaseModel):
    """The values that this process caches; `max_ttl_s` is how long it keeps one at most now."""

    entries: int
    max_entries: int
    size_bytes: int
    max_bytes: int
    max_ttl_s: float
    hits: int
    misses: int
    evictions: int


class CacheReport(BaseModel):
    """The cache of the process that responds; the shared tiers from the lowest up."""

    pid: int
    loads: int
    load_p95_s: float
    l1: L1Report
    shared: list[TierReport]


def read_readiness(resources: Resources) -> Readiness:
    """Ask every dependency, side by side. Cost: as long as the slowest one takes."""
    tasks = TasksReport(workers=None, waiting=None, oldest_s=None)

    def schema_state() -> str:
        nonlocal tasks
        state = _schema_state(resources)
        if state != "unavailable":  # figures could wait long for one that is away
            with suppress(SQLAlchemyError):  # the table may not be there yet
                tasks = resources.tasks.report()
        return state

    asked = (schema_state, resources.cache.state, resources.tasks.state)
    schema, cache, queue = gather_bounded(asked, at_once=len(asked))
    ready: Literal["ready", "unavailable"] = (
        "unavailable" if schema in ("behind", "unavailable") else "ready"
    )
    command = f"{resources.settings.service.distribution} db upgrade"
    return Readiness(
        status="draining" if resources.draining.is_draining else ready,
        database="unavailable" if schema == "unavailable" else "ok",
        schema=cast(SchemaState, "unknown" if schema == "unavailable" else schema),
        cache=_ok_or_degraded(cache),
        queue=_ok_or_degraded(queue),
        tasks=tasks,
        remedy=command if schema == "behind" else None,
    )


def read_pools(resources: Resources) -> PoolsReport:
    """Return the figures of this moment."""
    pools = {store.tier: store.connections() for store in resources.cache.stores}
    dedicated = resources.db.dedicated
    return PoolsReport(
        pid=os.getpid(),
        database=PoolReport.model_validate(resources.db.pool.state()),
        dedicated=None if dedicated is None else DedicatedReport.model_validate(dedicated.state()),
        cache={
            tier: CachePoolReport.model_validate(pool)
            for tier, pool in pools.items()
            if pool is not None
        },
    )


def read_cache(resources: Resources) -> CacheReport:
    """Return the figures of this moment."""
    metrics = resources.metrics
    shared = [
        TierReport(
            tier=store.tier,
            state=store.state(),
            hits=metrics.total(metrics.cache_hits, store.tier),
            misses=metrics.total(metrics.cache_misses, store.tier),
            skipped=metrics.total(metrics.cache_skipped, store.tier),
            errors=metrics.total(metrics.cache_errors, store.tier),
        )
        for store in resources.cache.stores
    ]
    load_seconds = metrics.cache_load_seconds
    return CacheReport(
        pid=os.getpid(),
        loads=metrics.cache_loads.count,
        load_p95_s=percentile(load_seconds.bounds, load_seconds.counts, 0.95),
        l1=_read_l1(resources, metrics),
        shared=shared,
    )


def _read_l1(resources: Resources, metrics: Metrics) -> L1Report:
    memory, settings = resources.cache.memory, resources.settings.cache
    return L1Report(
        entries=len(memory),
        max_entries=settings.l1_max_entries,
        size_bytes=memory.size_bytes,
        max_bytes=settings.l1_max_bytes,
        max_ttl_s=memory.max_ttl_s,
        hits=metrics.total(metrics.cache_hits, TIER),
        misses=metrics.total(metrics.cache_misses, TIER),
        evictions=metrics.total(metrics.cache_evictions, TIER),
    )


def _schema_state(resources: Resources) -> str:
    """Return a `SchemaState`, or "unavailable" if the database is. Cost: 1 round trip."""
    try:
        applied = resources.db.applied_revisions()
    except DatabaseUnavailable:
        return "unavailable"
    if applied is None or not resources.revisions.are_known:
        return "unknown"
    return "behind" if resources.revisions.are_missing_in(applied) else "ok"


def _ok_or_degraded(state: str) -> State:
    return "ok" if state == "ok" else "degraded"
