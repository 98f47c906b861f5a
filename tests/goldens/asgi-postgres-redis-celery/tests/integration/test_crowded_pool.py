"""A pool whose connections are all in use: who waits in vain goes without, and the others on."""

from redis.asyncio import BlockingConnectionPool, Redis

from shop.cache.redis_store import RedisStore
from shop.cache.tiers import Change
from shop.observability.metrics import Metrics

from ..workspace import Workspace

WAIT_S = 0.05


async def test_a_crowd_is_no_loss_of_redis(workspace: Workspace) -> None:
    url = workspace.setting("CACHE__URL")
    pool = BlockingConnectionPool.from_url(url, max_connections=1, timeout=WAIT_S)
    async with Redis(connection_pool=pool) as redis:
        store = RedisStore(redis, Metrics())
        taken = await pool.get_connection()
        assert await store.get("crowded", ()) is None
        assert (await store.lease("crowded", (), 1)).is_refused
        assert await store.state() == "ok"

        await store.forget(Change(("crowded",)))  # nothing may be read before this was told
        assert await store.state() == "degraded"

        await pool.release(taken)
        await store.settle()
        assert await store.state() == "ok"
        assert (await store.lease("crowded", (), 1)).is_held
    await pool.aclose()
