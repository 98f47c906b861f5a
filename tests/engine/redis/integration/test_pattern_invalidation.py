"""Invalidating many values delays nobody: small steps, or one command for a tag."""

from collections.abc import AsyncIterator, Iterator

import pytest
from hotpath.testing.workspace import Workspace
from hotpath_services import RunningService
from hotpath_services.testing import temporary_service
from hotpath_services.valkey import Valkey

from package_name.resources import Resources

from ..origin import Origin
from ..redis_server import KEYS, calls, connected, process_on
from ..shop import SERVICE

MANY = 100_000
STEP = 1000
AT_ONCE = 10_000


@pytest.fixture(scope="module")
def valkey() -> Iterator[RunningService]:
    with temporary_service(Valkey(SERVICE)) as server:
        yield server


@pytest.fixture
async def process(workspace: Workspace, valkey: RunningService) -> AsyncIterator[Resources]:
    async with process_on(workspace, valkey.url) as opened:
        yield opened


async def test_a_pattern_is_swept_in_bounded_steps(
    process: Resources, valkey: RunningService
) -> None:
    origin = Origin()
    await origin.read(process.cache, "bystander")
    with connected(valkey.url) as redis:
        for first in range(0, MANY, AT_ONCE):
            numbers = range(first, first + AT_ONCE)
            redis.mset({KEYS.value(f"many:{number}"): b"" for number in numbers})
        redis.config_resetstat()

        await process.cache.invalidate(patterns=["many:*"])

        called = calls(redis)
        assert redis.dbsize() == 1
        assert "keys" not in called
        assert MANY / STEP <= called["scan"] < 2 * MANY / STEP
        assert MANY / STEP <= called["unlink"] < 2 * MANY / STEP
        assert called["publish"] == 1


async def test_a_tag_is_invalidated_by_one_command(
    process: Resources, valkey: RunningService
) -> None:
    origin = Origin()
    await origin.read(process.cache, "one", tags=("many",))
    await origin.read(process.cache, "two", tags=("many",))
    with connected(valkey.url) as redis:
        redis.config_resetstat()

        await process.cache.invalidate(tags=["many"])

        called = calls(redis)
        assert (called["unlink"], called["publish"]) == (1, 1)
        assert not {"scan", "keys", "eval", "evalsha"} & set(called)
    await origin.read(process.cache, "one", tags=("many",))
    await origin.read(process.cache, "two", tags=("many",))
    assert origin.loads == {"one": 2, "two": 2}
