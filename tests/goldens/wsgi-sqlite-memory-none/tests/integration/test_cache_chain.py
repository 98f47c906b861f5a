"""The cache with the table below: what one process kept answers in another, until a change."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import time
from uuid import uuid4

import pytest

from shop.cache.codec import RAW
from shop.cache.envelope import Envelopes
from shop.cache.far import Far
from shop.cache.source import Source
from shop.cache.table_store import TIER, TableStore
from shop.cache.tiers import Ask, Change
from shop.concurrency import Background
from shop.observability.metrics import Metrics
from shop.resources import Resources, open_resources

from ..database import fresh_database
from ..workspace import Workspace

SECRET = b"secret"
ONE_CONNECTION = {"DB__POOL_SIZE": 1, "DB__MAX_OVERFLOW": 0, "DB__POOL_WAIT_S": 0.05}


@pytest.fixture
def place(workspace: Workspace) -> Workspace:
    """Return a place where answers are kept in the table too."""
    return workspace.with_settings(CACHE__USE_TABLE=True)


@contextmanager
def process(place: Workspace) -> Iterator[Resources]:
    """Open what a process has."""
    with open_resources(place.settings(), Metrics()) as resources:
        yield resources


def answer() -> bytes:
    """Load something."""
    return b"loaded"


def nothing() -> bytes:
    """Load what must not be loaded."""
    raise AssertionError("it is kept already")


def chain(resources: Resources, metrics: Metrics) -> Far:
    """Return a shared tier over the table alone."""
    settings = resources.settings.cache
    store = TableStore(resources.db, metrics, Background(1))
    return Far(store, Source(settings, metrics), Envelopes(SECRET), settings, metrics)


def test_what_one_process_kept_answers_in_another_with_the_life_that_is_left(
    resources: Resources,
) -> None:
    key, tags, metrics = uuid4().hex, (uuid4().hex,), Metrics()
    first, second = chain(resources, metrics), chain(resources, metrics)

    loaded = first.read(Ask(key, answer, RAW, 60, 10, tags, False))
    found = second.read(Ask(key, nothing, RAW, 60, 10, tags, False))

    assert found == loaded
    assert time() < found.fresh_until < found.ends_at
    assert metrics.total(metrics.cache_hits, TIER) == 1
    assert metrics.total(metrics.cache_misses, TIER) == 1
    assert metrics.total(metrics.cache_errors, TIER) == 0


@pytest.mark.parametrize("by", ["key", "tag", "pattern"])
def test_a_change_during_a_load_lets_nothing_of_it_be_kept(resources: Resources, by: str) -> None:
    key, tag, metrics = uuid4().hex, uuid4().hex, Metrics()
    first, second = chain(resources, metrics), chain(resources, metrics)
    changes = {
        "key": Change(keys=(key,)),
        "tag": Change(tags=(tag,)),
        "pattern": Change(patterns=(f"{key[:20]}*",)),
    }

    def overtaken() -> bytes:
        second.forget(changes[by])
        return b"old"

    old = first.read(Ask(key, overtaken, RAW, 60, 0, (tag,), False))
    new = second.read(Ask(key, answer, RAW, 60, 0, (tag,), False))

    assert (old.value, new.value) == (b"old", b"loaded")


def test_a_process_that_starts_finds_what_is_kept_and_a_change_ends_it(
    place: Workspace,
) -> None:
    key = uuid4().hex
    with process(place) as first:
        assert first.cache.get_or_load(key, answer) == b"loaded"

    with process(place) as second, process(place) as third:
        assert second.cache.get_or_load(key, nothing) == b"loaded"
        second.cache.invalidate(key)
        assert third.cache.get_or_load(key, newer) == b"newer"
        assert second.cache.get_or_load(key, nothing) == b"newer"
        assert second.cache.state() == "ok"


def test_a_change_that_found_no_connection_is_made_at_the_end_of_the_process(
    place: Workspace,
) -> None:
    key, small = uuid4().hex, place.with_settings(**ONE_CONNECTION)
    with process(small) as first:
        assert first.cache.get_or_load(key, answer) == b"loaded"
        with first.db.reading() as session:
            session.connection()
            first.cache.invalidate(key)
        assert first.cache.get_or_load(key, newer) == b"newer"

    with process(place) as second:
        assert second.cache.get_or_load(key, newer) == b"newer"


def newer() -> bytes:
    """Load what a change left."""
    return b"newer"


def test_without_its_table_the_cache_loads(
    place: Workspace, services: Mapping[str, str], tmp_path: Path
) -> None:
    empty = place.with_settings(DB__URL=fresh_database(services, tmp_path))
    with process(empty) as resources:
        key = uuid4().hex
        assert resources.cache.get_or_load(key, answer) == b"loaded"
        resources.cache.invalidate(key)
        assert resources.cache.get_or_load(key, newer) == b"newer"

        assert resources.cache.state() == "degraded"
