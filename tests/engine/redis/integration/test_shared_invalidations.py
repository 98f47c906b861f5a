"""What one process changes, all others hear of; two caches stand for two processes."""

from collections.abc import AsyncIterator, Callable
from uuid import uuid4

import pytest
from hotpath.aio.cache.redis_store import RedisStore
from hotpath.cache.entries import Invalidation
from hotpath.cache.redis_protocol import Message, encode
from hotpath.testing.workspace import Workspace

import package_name
from package_name.resources import Resources

from ..origin import Origin, until
from ..redis_server import KEYS, NAMESPACE, connected, process_on

CHANGES: dict[str, Callable[[str], Invalidation]] = {
    "key": lambda key: Invalidation((key,)),
    "tag": lambda _: Invalidation(tags=("letters",)),
    "pattern": lambda key: Invalidation(patterns=(key[:-1] + "*",)),
}


@pytest.fixture
def url(workspace: Workspace) -> str:
    return workspace.setting("CACHE__URL")


@pytest.fixture
async def other(workspace: Workspace, url: str) -> AsyncIterator[Resources]:
    async with process_on(workspace, url) as opened:
        yield opened


async def test_what_one_process_loaded_the_others_need_not(
    resources: Resources, other: Resources
) -> None:
    origin, key = Origin(), uuid4().hex
    assert await origin.read(resources.cache, key) == await origin.read(other.cache, key)
    assert origin.loads[key] == 1


@pytest.mark.parametrize("kind", CHANGES)
async def test_a_change_is_seen_by_all(resources: Resources, other: Resources, kind: str) -> None:
    origin, key = Origin(), uuid4().hex
    await origin.read(resources.cache, key, tags=("letters",))
    await origin.read(other.cache, key, tags=("letters",))

    await origin.write(other.cache, key, CHANGES[kind](key))

    async def is_seen() -> bool:
        return await origin.read(resources.cache, key, tags=("letters",)) == origin.now(key)

    assert await origin.read(other.cache, key, tags=("letters",)) == origin.now(key)
    await until(is_seen)


@pytest.mark.parametrize("is_expensive", [False, True])
@pytest.mark.parametrize("kind", CHANGES)
async def test_a_load_that_began_before_a_change_is_stored_nowhere(
    resources: Resources, other: Resources, kind: str, is_expensive: bool
) -> None:
    origin, key = Origin(), uuid4().hex

    async def load_slowly() -> bytes:
        old = origin.now(key)
        await origin.write(other.cache, key, CHANGES[kind](key))
        return old

    async def is_seen() -> bool:
        return await origin.read(resources.cache, key, tags=("letters",)) == origin.now(key)

    await resources.cache.get_or_load(
        key, load_slowly, tags=("letters",), is_expensive=is_expensive
    )

    assert await origin.read(other.cache, key, tags=("letters",)) == origin.now(key)
    await until(is_seen)


async def test_what_another_version_changed_is_invalidated_here_too(
    resources: Resources, url: str
) -> None:
    origin, key = Origin(), uuid4().hex
    await origin.read(resources.cache, key)
    origin.version[key] += 1
    message = Message(Invalidation((key,)), "somebody", f"{NAMESPACE.version}.1")

    with connected(url) as redis:
        assert redis.exists(KEYS.value(key))
        redis.publish(_channel(resources), encode(message))

        async def is_seen() -> bool:
            return await origin.read(resources.cache, key) == origin.now(key)

        await until(is_seen)
        assert origin.loads[key] == 2


async def test_a_message_that_nobody_understands_may_mean_anything(
    resources: Resources, url: str
) -> None:
    await Origin().read(resources.cache, uuid4().hex)

    async def is_empty() -> bool:
        return not len(resources.cache.memory)

    assert not await is_empty()
    with connected(url) as redis:
        redis.publish(_channel(resources), b'{"change":{"keys":7}}')
        await until(is_empty)
    assert await resources.cache.state() == "ok"


async def test_nothing_is_left_in_redis_for_ever(resources: Resources, url: str) -> None:
    origin, tag = Origin(), uuid4().hex

    async def look() -> None:
        """Return None, which is stored too."""
        with connected(url) as redis:
            names = list(redis.scan_iter(package_name.__name__ + ":*"))
            assert any(b":lease:" in name for name in names)
            assert [name for name in names if redis.pttl(name) < 0] == []

    await origin.read(resources.cache, uuid4().hex, tags=(tag,))
    await resources.cache.get_or_load(uuid4().hex, look, tags=(tag,), is_expensive=True)


def _channel(resources: Resources) -> str:
    (store,) = resources.cache.stores
    assert isinstance(store, RedisStore)
    return store.channel
