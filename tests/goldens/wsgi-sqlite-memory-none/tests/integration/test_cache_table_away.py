"""The table of kept answers when it is out of reach: nothing is kept, and changes are owed."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import cast
from uuid import uuid4

import pytest
from sqlalchemy import Table
from sqlalchemy.schema import CreateTable
from structlog.testing import capture_logs

from shop.cache.model import EntryRow, TagRow
from shop.cache.stores import Lease
from shop.cache.table_store import REST_S, TableStore, open_table
from shop.cache.tiers import Change
from shop.concurrency import Background, Signal
from shop.db.session import Database, open_database
from shop.observability.metrics import Metrics
from shop.resources import Resources

from ..caches import SOON_S
from ..database import fresh_database
from ..workspace import Workspace

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


@contextmanager
def process(place: Workspace) -> Iterator[Process]:
    """Open what a process has."""
    metrics, now = Metrics(), [0.0]
    with (
        open_database(place.settings().db, metrics) as db,
        Background(1) as background,
    ):
        yield Process(db, metrics, TableStore(db, metrics, background, lambda: now[0]), now)


@pytest.fixture
def small(workspace: Workspace) -> Iterator[Process]:
    """Open what a process has that has one connection."""
    with process(workspace.with_settings(**ONE_CONNECTION)) as opened:
        yield opened


@pytest.fixture
def unmigrated(
    workspace: Workspace, services: Mapping[str, str], tmp_path: Path
) -> Iterator[Process]:
    """Open what a process has whose database has no tables."""
    place = workspace.with_settings(DB__URL=fresh_database(services, tmp_path))
    with process(place) as opened:
        yield opened


def keep(store: TableStore, key: str, *tags: str) -> Lease:
    """Keep data as a reader does who missed."""
    lease = store.lease(key, tags, LONG_S)
    assert lease.is_held
    store.put(lease, b"data", LONG_S)
    return lease


def is_kept(store: TableStore, lease: Lease, *tags: str) -> bool:
    """Tell whether an answer is there and none of its tags was changed."""
    sealed = store.get(lease.key, tags)
    return sealed is not None and tuple(sealed.stamps) == lease.stamps


def settled(store: TableStore) -> None:
    """Wait until the table is used again."""
    deadline = monotonic() + SOON_S
    while store.state() != "ok":
        assert monotonic() < deadline, "it did not come back"
        Signal().wait(0.002)


def until_failed(process: Process, times: int) -> None:
    """Wait for what is paid in the background to fail."""
    deadline = monotonic() + SOON_S
    while process.errors < times:
        assert monotonic() < deadline, "it did not fail"
        Signal().wait(0.002)


def test_a_change_that_finds_no_connection_is_owed_and_then_paid(
    small: Process, resources: Resources
) -> None:
    tag, store = uuid4().hex, small.store
    other = TableStore(resources.db, resources.metrics, Background(1))
    by_key, by_tag = keep(store, uuid4().hex), keep(store, uuid4().hex, tag)
    loading = store.lease(uuid4().hex, (), LONG_S)

    with small.db.reading() as session:
        session.connection()
        store.forget(Change((by_key.key, loading.key)))
        store.forget(Change(tags=(tag,)))
        assert store.state() == "degraded"
        small.now[0] += REST_S
        assert store.state() == "degraded"  # and what is owed is tried again
        until_failed(small, 3)

    assert not is_kept(store, by_key)
    assert is_kept(other, by_key)
    store.put(loading, b"from before the change", LONG_S)
    assert store.state() == "degraded"  # it rests

    small.now[0] += REST_S
    settled(store)
    for each in (store, other):
        assert not is_kept(each, by_key)
        assert not is_kept(each, by_tag, tag)
        assert not is_kept(each, loading)
    assert small.errors == 3
    keep(store, by_key.key)


def test_what_is_owed_at_the_end_is_paid_then(small: Process, resources: Resources) -> None:
    with open_table(small.db, small.metrics) as store:
        lease = keep(store, uuid4().hex)
        with small.db.reading() as session:
            session.connection()
            store.forget(Change((lease.key,)))

    other = TableStore(resources.db, resources.metrics, Background(1))
    assert not is_kept(other, lease)


def test_what_cannot_be_paid_at_the_end_is_said(unmigrated: Process) -> None:
    unmigrated.store.forget(Change(("a", "b"), ("t",)))
    unmigrated.store.forget(Change(("b",)))

    with capture_logs() as logs:
        unmigrated.store.close()

    [said] = [line for line in logs if line["log_level"] == "error"]
    assert (said["keys"], said["tags"], said["patterns"]) == (2, 1, ())
    assert "`cache forget`" in said["event"]


def test_without_its_tables_it_has_nothing_until_they_are_there(unmigrated: Process) -> None:
    store = unmigrated.store
    assert store.state() == "ok"

    assert store.get("key", ()) is None
    lease = store.lease("key", (), LONG_S)
    store.put(lease, b"data", LONG_S)
    store.release(lease)
    store.forget(Change(("key",)))

    assert (lease.is_held, lease.is_refused) == (False, True)
    assert store.state() == "degraded"
    assert unmigrated.errors == 2  # a change is always tried

    with unmigrated.db.writing() as session:
        for model in (EntryRow, TagRow):
            session.execute(CreateTable(cast("Table", model.__table__)))
    assert not store.lease("key", (), LONG_S).is_held
    unmigrated.now[0] += REST_S
    settled(store)
    assert is_kept(store, keep(store, "key"))
