"""The pool of connections to Redis: bounded, shown, and parsed by hiredis."""

from collections.abc import AsyncIterator

import pytest
from hotpath.aio.cache.redis_store import RedisStore
from hotpath.aio.side_by_side import for_each
from hotpath.cache.entries import Invalidation
from hotpath.observability.metrics import Metrics
from hotpath.testing.workspace import Workspace
from redis.asyncio.connection import DefaultParser

from package_name.resources import Resources, open_resources

from ..redis_server import connected

SIZE = 2
CALLERS = 8
READS = 50
UNREACHABLE = "redis://127.0.0.1:1/0"


@pytest.fixture
async def narrow(workspace: Workspace) -> AsyncIterator[Resources]:
    """Open the cache with few connections, for which callers wait longer than this takes."""
    settings = workspace.with_settings(CACHE__MAX_CONNECTIONS=SIZE, CACHE__TIMEOUT_S=20)
    async with open_resources(settings.settings(), Metrics("shop")) as resources:
        yield resources


async def test_callers_past_the_bound_wait_for_a_connection(narrow: Resources) -> None:
    [store] = narrow.cache.stores
    assert isinstance(store, RedisStore)

    async def call(number: int) -> None:
        for _ in range(5):
            await store.invalidate(Invalidation(patterns=(f"none:{number}",)))
            assert store.connections().in_use <= SIZE

    await for_each(numbers(CALLERS), call, CALLERS)

    figures = store.connections()
    assert (figures.size, figures.in_use, figures.idle) == (SIZE, 0, SIZE)
    assert narrow.metrics.total(narrow.metrics.cache_errors, store.tier) == 0


async def test_callers_at_the_same_time_share_commands(
    narrow: Resources, workspace: Workspace
) -> None:
    [store] = narrow.cache.stores

    async def call(number: int) -> None:
        for each in range(READS):
            assert await store.get(f"none:{number}:{each}", ()) is None

    with connected(workspace.setting("CACHE__URL")) as redis:
        redis.config_resetstat()
        await for_each(numbers(CALLERS), call, CALLERS)

        assert redis.info("commandstats")["cmdstat_mget"]["calls"] < CALLERS * READS


def test_the_parser_is_hiredis() -> None:
    assert "Hiredis" in DefaultParser.__name__


def test_invalidating_while_redis_is_unavailable_is_a_sentence(workspace: Workspace) -> None:
    place = workspace.with_settings(CACHE__URL=UNREACHABLE)

    result = place.run("cache", "invalidate", "--key", "user:1")

    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert result.stderr.endswith("The cache cannot be reached: try again when it is back.\n")


async def numbers(count: int) -> AsyncIterator[int]:
    """Yield numbers, the first one is 1."""
    for number in range(count):
        yield number + 1
