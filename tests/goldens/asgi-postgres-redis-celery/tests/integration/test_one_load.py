"""An expensive answer is loaded once, even if another process is done just before our lease."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from uuid import uuid4

from redis.asyncio import Redis

from shop.cache.codec import RAW
from shop.cache.envelope import Envelopes
from shop.cache.far import Far
from shop.cache.names import lease_name
from shop.cache.redis_store import RedisStore
from shop.cache.source import Source
from shop.cache.stores import Lease
from shop.cache.tiers import Ask
from shop.observability.metrics import Metrics
from shop.resources import Resources

from ..shelf import Shelf
from ..workspace import Workspace


class Overtaken(RedisStore):
    """A store in which another process acts between our look and our lease."""

    def __init__(self, redis: Redis, metrics: Metrics, act: Callable[[], Awaitable[bytes]]) -> None:
        super().__init__(redis, metrics)
        self._act = act

    async def lease(self, key: str, tags: Sequence[str], life_s: float) -> Lease:
        await self._act()
        return await super().lease(key, tags, life_s)


async def test_what_was_kept_before_our_lease_is_taken(
    workspace: Workspace, resources: Resources
) -> None:
    shelf, key, settings, metrics = Shelf(), uuid4().hex, resources.settings.cache, Metrics()
    envelopes = Envelopes(resources.settings.secret_key.get_secret_value().encode())
    ask = Ask(key, partial(shelf.load, key), RAW, 60, 0, (), is_expensive=True)

    async with Redis.from_url(workspace.setting("CACHE__URL")) as redis:
        store = Overtaken(redis, metrics, partial(shelf.read, resources.cache, key))
        await store.settle()
        far = Far(store, Source(settings, metrics), envelopes, settings, metrics)
        assert (await far.read(ask)).value == shelf.now(key)
        assert not await redis.exists(lease_name(key))

    assert shelf.loads[key] == 1
