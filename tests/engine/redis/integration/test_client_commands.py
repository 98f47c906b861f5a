"""Commands by redis-py's own pipelines, which instruments of it see."""

import pytest
from hotpath.aio.cache import redis_commands
from hotpath.aio.cache.redis_store import RedisStore
from hotpath.cache.entries import Invalidation
from hotpath.observability.metrics import Metrics
from hotpath.testing.workspace import Workspace
from redis.exceptions import ResponseError

from package_name.resources import open_resources


async def test_commands_are_sent_by_the_client(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> bytes:
        raise AssertionError("this was sent past the client")

    monkeypatch.setattr(redis_commands, "pack_command", refuse)
    settings = workspace.with_settings(CACHE__DIRECT_COMMANDS="false").settings()
    async with open_resources(settings, Metrics("shop")) as resources:
        [store] = resources.cache.stores
        assert isinstance(store, RedisStore)
        key, tags = "client:1", ("client",)

        lease = await store.lease(key, tags, 5)
        await store.put(lease, b"value", 5)
        found = await store.get(key, tags)
        await store.invalidate(Invalidation(tags=tags))
        later = await store.get(key, tags)

        assert found is not None
        assert (found.data, found.stamps) == (b"value", list(lease.stamps))
        assert later is None or later.stamps != found.stamps
        assert resources.metrics.total(resources.metrics.cache_errors, store.tier) == 0


async def test_an_error_of_the_server_is_raised(workspace: Workspace) -> None:
    settings = workspace.with_settings(CACHE__DIRECT_COMMANDS="false").settings()
    async with open_resources(settings, Metrics("shop")) as resources:
        [store] = resources.cache.stores
        assert isinstance(store, RedisStore)

        with pytest.raises(ResponseError):
            await store._commands.send(("GET", "a", "b"))
