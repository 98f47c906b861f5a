"""The cache with the table below: what one process kept answers in another, until a change."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from time import time
from uuid import uuid4

import pytest
from hotpath.aio.cache.shared_tier import SharedTier
from hotpath.aio.cache.table import TIER, TableStore
from hotpath.aio.cache.tiers import CacheRequest, OriginTier
from hotpath.aio.concurrency import Background
from hotpath.cache.codec import RAW
from hotpath.cache.entries import Invalidation, Signer
from hotpath.observability.metrics import Metrics
from hotpath.testing.workspace import Workspace

from package_name.resources import Resources, open_resources

from ..database import fresh_database
from ..shop import NAMESPACE

SECRET = b"secret"
ONE_CONNECTION = {"DB__POOL_SIZE": 1, "DB__MAX_OVERFLOW": 0, "DB__POOL_WAIT_S": 0.05}


@pytest.fixture
def place(workspace: Workspace) -> Workspace:
    """Return a place where answers are kept in the table too."""
    return workspace.with_settings(CACHE__USE_TABLE=True)


@asynccontextmanager
async def process(place: Workspace) -> AsyncIterator[Resources]:
    """Open what a process has."""
    async with open_resources(place.settings(), Metrics("shop")) as resources:
        yield resources


async def answer() -> bytes:
    """Load something."""
    return b"loaded"


async def nothing() -> bytes:
    """Load what must not be loaded."""
    raise AssertionError("it is kept already")


def chain(resources: Resources, metrics: Metrics) -> SharedTier:
    """Return a shared tier over the table alone."""
    settings = resources.settings.cache
    store = TableStore(resources.db, NAMESPACE, metrics, Background(1))
    return SharedTier(store, OriginTier(settings, metrics), Signer(SECRET), settings, metrics)


async def test_what_one_process_kept_answers_in_another_with_the_life_that_is_left(
    resources: Resources,
) -> None:
    key, tags, metrics = uuid4().hex, (uuid4().hex,), Metrics("shop")
    first, second = chain(resources, metrics), chain(resources, metrics)

    loaded = await first.read(CacheRequest(key, answer, RAW, 60, 10, tags, False))
    found = await second.read(CacheRequest(key, nothing, RAW, 60, 10, tags, False))

    assert found == loaded
    assert time() < found.fresh_until < found.ends_at
    assert metrics.total(metrics.cache_hits, TIER) == 1
    assert metrics.total(metrics.cache_misses, TIER) == 1
    assert metrics.total(metrics.cache_errors, TIER) == 0


@pytest.mark.parametrize("by", ["key", "tag", "pattern"])
async def test_a_change_during_a_load_lets_nothing_of_it_be_kept(
    resources: Resources, by: str
) -> None:
    key, tag, metrics = uuid4().hex, uuid4().hex, Metrics("shop")
    first, second = chain(resources, metrics), chain(resources, metrics)
    invalidations = {
        "key": Invalidation(keys=(key,)),
        "tag": Invalidation(tags=(tag,)),
        "pattern": Invalidation(patterns=(f"{key[:20]}*",)),
    }

    async def overtaken() -> bytes:
        await second.invalidate(invalidations[by])
        return b"old"

    old = await first.read(CacheRequest(key, overtaken, RAW, 60, 0, (tag,), False))
    new = await second.read(CacheRequest(key, answer, RAW, 60, 0, (tag,), False))

    assert (old.value, new.value) == (b"old", b"loaded")


async def test_a_process_that_starts_finds_what_is_kept_and_a_change_ends_it(
    place: Workspace,
) -> None:
    key = uuid4().hex
    async with process(place) as first:
        assert await first.cache.get_or_load(key, answer) == b"loaded"

    async with process(place) as second, process(place) as third:
        assert await second.cache.get_or_load(key, nothing) == b"loaded"
        await second.cache.invalidate(key)
        assert await third.cache.get_or_load(key, newer) == b"newer"
        assert await second.cache.get_or_load(key, nothing) == b"newer"
        assert await second.cache.state() == "ok"


async def test_a_change_that_found_no_connection_is_made_at_the_end_of_the_process(
    place: Workspace,
) -> None:
    key, small = uuid4().hex, place.with_settings(**ONE_CONNECTION)
    async with process(small) as first:
        assert await first.cache.get_or_load(key, answer) == b"loaded"
        async with first.db.reading() as session:
            await session.connection()
            await first.cache.invalidate(key)
        assert await first.cache.get_or_load(key, newer) == b"newer"

    async with process(place) as second:
        assert await second.cache.get_or_load(key, newer) == b"newer"


async def newer() -> bytes:
    """Load what a change left."""
    return b"newer"


async def test_without_its_table_the_cache_loads(
    place: Workspace, services: Mapping[str, str], tmp_path: Path
) -> None:
    empty = place.with_settings(DB__URL=fresh_database(services, tmp_path))
    async with process(empty) as resources:
        key = uuid4().hex
        assert await resources.cache.get_or_load(key, answer) == b"loaded"
        await resources.cache.invalidate(key)
        assert await resources.cache.get_or_load(key, newer) == b"newer"

        assert await resources.cache.state() == "degraded"
