"""Forgetting a crowd of answers holds up nobody: small steps, or one for a tag."""

from collections.abc import AsyncIterator, Iterator

import pytest
from hotpath.cache.redis_protocol import value_name
from hotpath_services import RunningService
from hotpath_services.testing import temporary_service
from hotpath_services.valkey import SERVICE
from package_name.resources import Resources

from ..redis_server import asked, calls, process_on
from ..shelf import Shelf
from ..workspace import Workspace

CROWD = 100_000
STEP = 1000
AT_ONCE = 10_000


@pytest.fixture(scope="module")
def valkey() -> Iterator[RunningService]:
    with temporary_service(SERVICE) as server:
        yield server


@pytest.fixture
async def process(workspace: Workspace, valkey: RunningService) -> AsyncIterator[Resources]:
    async with process_on(workspace, valkey.url) as opened:
        yield opened


async def test_a_pattern_is_swept_in_bounded_steps(
    process: Resources, valkey: RunningService
) -> None:
    shelf = Shelf()
    await shelf.read(process.cache, "bystander")
    with asked(valkey.url) as redis:
        for first in range(0, CROWD, AT_ONCE):
            numbers = range(first, first + AT_ONCE)
            redis.mset({value_name(f"crowd:{number}"): b"" for number in numbers})
        redis.config_resetstat()

        await process.cache.invalidate(patterns=["crowd:*"])

        called = calls(redis)
        assert redis.dbsize() == 1
        assert "keys" not in called
        assert CROWD / STEP <= called["scan"] < 2 * CROWD / STEP
        assert CROWD / STEP <= called["unlink"] < 2 * CROWD / STEP
        assert called["publish"] == 1


async def test_a_tag_is_forgotten_by_one_command(
    process: Resources, valkey: RunningService
) -> None:
    shelf = Shelf()
    await shelf.read(process.cache, "one", tags=("crowd",))
    await shelf.read(process.cache, "two", tags=("crowd",))
    with asked(valkey.url) as redis:
        redis.config_resetstat()

        await process.cache.invalidate(tags=["crowd"])

        called = calls(redis)
        assert (called["unlink"], called["publish"]) == (1, 1)
        assert not {"scan", "keys", "eval", "evalsha"} & set(called)
    await shelf.read(process.cache, "one", tags=("crowd",))
    await shelf.read(process.cache, "two", tags=("crowd",))
    assert shelf.loads == {"one": 2, "two": 2}
