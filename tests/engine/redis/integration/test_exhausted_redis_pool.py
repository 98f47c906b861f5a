"""A pool whose connections are all in use: who waits in vain goes without, and the others on."""

from time import time

from hotpath.aio.cache.memory import MemoryCache
from hotpath.aio.cache.redis_listener import Subscriber
from hotpath.aio.cache.redis_store import RedisStore
from hotpath.aio.cache.tiers import CacheRequest
from hotpath.aio.concurrency import Background
from hotpath.cache.codec import RAW
from hotpath.cache.entries import Entry, Invalidation
from hotpath.observability.metrics import Metrics
from hotpath.settings import CacheSettings
from hotpath.testing.workspace import Workspace
from redis.asyncio import BlockingConnectionPool, Redis

from ..caches import Loader
from ..origin import until
from ..redis_server import KEYS, NAMESPACE

WAIT_S = 0.05
SETTINGS = CacheSettings(heartbeat_s=WAIT_S, timeout_s=20)


class Counted(RedisStore):
    """A store that counts how often somebody tried to tell what is owed."""

    tries = 0

    async def flush_pending(self) -> None:
        self.tries += 1
        await super().flush_pending()


def keep(table: MemoryCache, key: str) -> None:
    """Put an answer into the table."""
    request = CacheRequest(key, Loader(b""), RAW, 60, 0, (), is_expensive=False)
    ends_at = time() + 60
    table.complete(
        request, table.start_alone(key, ()), Entry(b"kept", b"kept", time(), ends_at, ends_at)
    )


async def test_a_crowd_is_no_loss_of_redis(workspace: Workspace) -> None:
    url = workspace.setting("CACHE__URL")
    pool = BlockingConnectionPool.from_url(url, max_connections=1, timeout=WAIT_S)
    async with Redis(connection_pool=pool) as redis:
        store = RedisStore(redis, NAMESPACE, Metrics("shop"))
        await store.flush_pending()
        taken = await pool.get_connection()
        assert await store.get("crowded", ()) is None
        assert (await store.lease("crowded", (), 1)).is_refused
        assert await store.state() == "ok"

        await store.invalidate(
            Invalidation(("crowded",))
        )  # nothing may be read before this was told
        assert await store.state() == "degraded"

        await pool.release(taken)
        await store.flush_pending()
        assert await store.state() == "ok"
        assert (await store.lease("crowded", (), 1)).is_held
    await pool.aclose()


async def test_a_change_that_a_crowd_held_up_is_told_after_it(workspace: Workspace) -> None:
    url, metrics = workspace.setting("CACHE__URL"), Metrics("shop")
    pool = BlockingConnectionPool.from_url(url, max_connections=1, timeout=WAIT_S)
    async with (
        Redis(connection_pool=pool) as redis,
        Redis.from_url(url) as other,
        Background(1) as background,
    ):
        store, table = Counted(redis, NAMESPACE, metrics), MemoryCache(SETTINGS, metrics)
        listener = Subscriber(other, store, table, NAMESPACE.version, SETTINGS)
        background.start(listener.run)

        async def is_ok() -> bool:
            return await store.state() == "ok"

        await until(is_ok)
        await other.set(KEYS.value("held up"), b"old")
        keep(table, "bystander")
        taken, tries = await pool.get_connection(), store.tries
        await store.invalidate(Invalidation(("held up",)))

        async def is_tried_again() -> bool:
            return store.tries > tries + 1  # so that the first of these has ended

        await until(is_tried_again)
        assert table.find("bystander") is not None
        assert not store.breaker.is_open

        await pool.release(taken)
        await until(is_ok)
        assert table.find("bystander") is not None
        assert not await other.exists(KEYS.value("held up"))
        await listener.stop()
    await pool.aclose()
