"""What somebody else wrote under our names in Redis holds up nobody."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from hotpath.cache.entries import STAMP_BYTES
from hotpath.testing.workspace import Workspace
from redis import Redis

from package_name.resources import Resources

from ..origin import Origin
from ..redis_server import KEYS, connected

LEASE_S = 60.0
RUBBISH: dict[str, Callable[[Redis, str], object]] = {
    "a list": lambda redis, name: redis.rpush(name, "rubbish"),
    "a short text": lambda redis, name: redis.set(name, "rubbish"),
}


@pytest.mark.parametrize("kind", RUBBISH)
async def test_a_lease_without_an_end_is_nobodys(
    resources: Resources, workspace: Workspace, kind: str
) -> None:
    key = uuid4().hex
    (store,) = resources.cache.stores
    with connected(workspace.setting("CACHE__URL")) as redis:
        RUBBISH[kind](redis, KEYS.lease(key))

        assert (await store.lease(key, (), LEASE_S)).is_held
        assert not (await store.lease(key, (), LEASE_S)).is_held
        assert redis.pttl(KEYS.lease(key)) > 0


@pytest.mark.parametrize("kind", RUBBISH)
async def test_a_tag_that_is_no_stamp_becomes_one(
    resources: Resources, workspace: Workspace, kind: str
) -> None:
    origin, key, tag = Origin(), uuid4().hex, uuid4().hex
    (store,) = resources.cache.stores
    with connected(workspace.setting("CACHE__URL")) as redis:
        RUBBISH[kind](redis, KEYS.tag(tag))

        await origin.read(resources.cache, key, tags=(tag,), is_expensive=True)

        assert not redis.exists(KEYS.lease(key))
        assert redis.strlen(KEYS.tag(tag)) == STAMP_BYTES
        assert redis.pttl(KEYS.tag(tag)) > 0
        assert await store.get(key, (tag,)) is not None
