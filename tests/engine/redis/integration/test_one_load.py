"""An expensive answer is loaded once, even if another process is done just before our lease."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from uuid import uuid4

from hotpath.aio.cache.redis_store import RedisStore
from hotpath.aio.cache.shared_tier import SharedTier
from hotpath.aio.cache.tiers import CacheRequest, OriginTier
from hotpath.cache.codec import RAW
from hotpath.cache.entries import Lease
from hotpath.cache.redis_protocol import lease_name
from hotpath.cache.signing import Signer
from hotpath.observability.metrics import Metrics
from package_name.resources import Resources
from redis.asyncio import Redis

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
    envelopes = Signer(resources.settings.secret_key.get_secret_value().encode())
    request = CacheRequest(key, partial(shelf.load, key), RAW, 60, 0, (), is_expensive=True)

    async with Redis.from_url(workspace.setting("CACHE__URL")) as redis:
        store = Overtaken(redis, metrics, partial(shelf.read, resources.cache, key))
        await store.flush_pending()
        far = SharedTier(store, OriginTier(settings, metrics), envelopes, settings, metrics)
        assert (await far.read(request)).value == shelf.now(key)
        assert not await redis.exists(lease_name(key))

    assert shelf.loads[key] == 1
