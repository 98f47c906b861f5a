"""An expensive value is loaded once, even if another process is done just before our lease."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from uuid import uuid4

from hotpath.aio.cache.redis_store import RedisStore
from hotpath.aio.cache.shared_tier import SharedTier
from hotpath.aio.cache.tiers import CacheRequest, OriginTier
from hotpath.cache.codec import RAW
from hotpath.cache.entries import Lease, Signer
from hotpath.observability.metrics import Metrics
from hotpath.testing.workspace import Workspace
from redis.asyncio import Redis

from package_name.resources import Resources

from ..origin import Origin
from ..redis_server import KEYS, NAMESPACE


class Overtaken(RedisStore):
    """A store in which another process acts between our look and our lease."""

    def __init__(self, redis: Redis, metrics: Metrics, act: Callable[[], Awaitable[bytes]]) -> None:
        super().__init__(redis, NAMESPACE, metrics)
        self._act = act

    async def lease(self, key: str, tags: Sequence[str], ttl_s: float) -> Lease:
        await self._act()
        return await super().lease(key, tags, ttl_s)


async def test_what_was_stored_before_our_lease_is_returned(
    workspace: Workspace, resources: Resources
) -> None:
    origin, key, settings, metrics = (
        Origin(),
        uuid4().hex,
        resources.settings.cache,
        Metrics("shop"),
    )
    signer = Signer(resources.settings.secret_key.get_secret_value().encode())
    request = CacheRequest(key, partial(origin.load, key), RAW, 60, 0, (), is_expensive=True)

    async with Redis.from_url(workspace.setting("CACHE__URL")) as redis:
        store = Overtaken(redis, metrics, partial(origin.read, resources.cache, key))
        await store.flush_pending()
        shared = SharedTier(store, OriginTier(settings, metrics), signer, settings, metrics)
        assert (await shared.read(request)).value == origin.now(key)
        assert not await redis.exists(KEYS.lease(key))

    assert origin.loads[key] == 1
