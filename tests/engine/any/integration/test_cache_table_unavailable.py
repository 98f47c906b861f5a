"""The table of kept answers when it is out of reach: nothing is kept, and changes are owed."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import cast
from uuid import uuid4

import pytest
from hotpath.aio.cache.table import PAUSE_S, TableStore, open_table
from hotpath.aio.concurrency import Background, Signal
from hotpath.aio.db.database import Database, open_database
from hotpath.cache.entries import Invalidation, Lease
from hotpath.cache.tables import EntryRow, TagRow
from hotpath.observability.metrics import Metrics
from hotpath.testing.workspace import Workspace
from sqlalchemy import Table
from sqlalchemy.schema import CreateTable
from structlog.testing import capture_logs

from package_name.resources import Resources

from ..caches import SOON_S
from ..database import fresh_database
from ..shop import NAMESPACE

LONG_S = 60.0
ONE_CONNECTION = {"DB__POOL_SIZE": 1, "DB__MAX_OVERFLOW": 0, "DB__POOL_WAIT_S": 0.05}


@dataclass
class Process:
    """What a process has of the table, and the clock it goes by."""

    db: Database
    metrics: Metrics
    store: TableStore
    now: list[float]

    @property
    def errors(self) -> float:
        """How many times the table failed."""
        return self.metrics.total(self.metrics.cache_errors, self.store.tier)


@asynccontextmanager
async def process(place: Workspace) -> AsyncIterator[Process]:
    """Open what a process has."""
    metrics, now = Metrics("shop"), [0.0]
    async with (
        open_database(place.settings().db, metrics) as db,
        Background(1) as background,
    ):
        yield Process(
            db, metrics, TableStore(db, NAMESPACE, metrics, background, lambda: now[0]), now
        )


@pytest.fixture
async def small(workspace: Workspace) -> AsyncIterator[Process]:
    """Open what a process has that has one connection."""
    async with process(workspace.with_settings(**ONE_CONNECTION)) as opened:
        yield opened


@pytest.fixture
async def unmigrated(
    workspace: Workspace, services: Mapping[str, str], tmp_path: Path
) -> AsyncIterator[Process]:
    """Open what a process has whose database has no tables."""
    place = workspace.with_settings(DB__URL=fresh_database(services, tmp_path))
    async with process(place) as opened:
        yield opened


async def keep(store: TableStore, key: str, *tags: str) -> Lease:
    """Keep data as a reader does who missed."""
    lease = await store.lease(key, tags, LONG_S)
    assert lease.is_held
    await store.put(lease, b"data", LONG_S)
    return lease


async def is_kept(store: TableStore, lease: Lease, *tags: str) -> bool:
    """Tell whether an answer is there and none of its tags was changed."""
    signed = await store.get(lease.key, tags)
    return signed is not None and tuple(signed.stamps) == lease.stamps


async def settled(store: TableStore) -> None:
    """Wait until the table is used again."""
    deadline = monotonic() + SOON_S
    while await store.state() != "ok":
        assert monotonic() < deadline, "it did not come back"
        await Signal().wait(0.002)


async def until_failed(process: Process, times: int) -> None:
    """Wait for what is paid in the background to fail."""
    deadline = monotonic() + SOON_S
    while process.errors < times:
        assert monotonic() < deadline, "it did not fail"
        await Signal().wait(0.002)


async def test_an_invalidation_without_a_connection_is_pending_and_sent_later(
    small: Process, resources: Resources
) -> None:
    tag, store = uuid4().hex, small.store
    other = TableStore(resources.db, NAMESPACE, resources.metrics, Background(1))
    by_key, by_tag = await keep(store, uuid4().hex), await keep(store, uuid4().hex, tag)
    loading = await store.lease(uuid4().hex, (), LONG_S)

    async with small.db.reading() as session:
        await session.connection()
        await store.invalidate(Invalidation((by_key.key, loading.key)))
        await store.invalidate(Invalidation(tags=(tag,)))
        assert await store.state() == "degraded"
        small.now[0] += PAUSE_S
        assert await store.state() == "degraded"  # and what is owed is tried again
        await until_failed(small, 3)

    assert not await is_kept(store, by_key)
    assert await is_kept(other, by_key)
    await store.put(loading, b"from before the change", LONG_S)
    assert await store.state() == "degraded"  # it rests

    small.now[0] += PAUSE_S
    await settled(store)
    for each in (store, other):
        assert not await is_kept(each, by_key)
        assert not await is_kept(each, by_tag, tag)
        assert not await is_kept(each, loading)
    assert small.errors == 3
    await keep(store, by_key.key)


async def test_what_is_pending_is_sent_at_the_end(small: Process, resources: Resources) -> None:
    async with open_table(small.db, NAMESPACE, small.metrics) as store:
        lease = await keep(store, uuid4().hex)
        async with small.db.reading() as session:
            await session.connection()
            await store.invalidate(Invalidation((lease.key,)))

    other = TableStore(resources.db, NAMESPACE, resources.metrics, Background(1))
    assert not await is_kept(other, lease)


async def test_what_cannot_be_paid_at_the_end_is_said(unmigrated: Process) -> None:
    await unmigrated.store.invalidate(Invalidation(("a", "b"), ("t",)))
    await unmigrated.store.invalidate(Invalidation(("b",)))

    with capture_logs() as logs:
        await unmigrated.store.close()

    [said] = [line for line in logs if line["log_level"] == "error"]
    assert (said["keys"], said["tags"], said["patterns"]) == (2, 1, ())
    assert "`cache invalidate`" in said["event"]


async def test_without_its_tables_it_has_nothing_until_they_are_there(unmigrated: Process) -> None:
    store = unmigrated.store
    assert await store.state() == "ok"

    assert await store.get("key", ()) is None
    lease = await store.lease("key", (), LONG_S)
    await store.put(lease, b"data", LONG_S)
    await store.release(lease)
    await store.invalidate(Invalidation(("key",)))

    assert (lease.is_held, lease.is_refused) == (False, True)
    assert await store.state() == "degraded"
    assert unmigrated.errors == 2  # a change is always tried

    async with unmigrated.db.writing() as session:
        for model in (EntryRow, TagRow):
            await session.execute(CreateTable(cast(Table, model.__table__)))
    assert not (await store.lease("key", (), LONG_S)).is_held
    unmigrated.now[0] += PAUSE_S
    await settled(store)
    assert await is_kept(store, await keep(store, "key"))
