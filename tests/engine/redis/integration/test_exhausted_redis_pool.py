"""A pool whose connections are all in use: who waits in vain does without Redis."""

from time import time

from hotpath.aio.cache.memory import MemoryCache
from hotpath.aio.cache.redis import Subscriber
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
    """A store that counts how often somebody tried to publish what is pending."""

    tries = 0

    async def flush_pending(self) -> None:
        self.tries += 1
        await super().flush_pending()


def store_value(memory: MemoryCache, key: str) -> None:
    """Put a value into the memory cache."""
    request = CacheRequest(key, Loader(b""), RAW, 60, 0, (), is_expensive=False)
    ends_at = time() + 60
    memory.complete(
        request, memory.start_alone(key, ()), Entry(b"value", b"value", time(), ends_at, ends_at)
    )


async def test_an_exhausted_pool_does_not_open_the_circuit_breaker(workspace: Workspace) -> None:
    url = workspace.setting("CACHE__URL")
    pool = BlockingConnectionPool.from_url(url, max_connections=1, timeout=WAIT_S)
    async with Redis(connection_pool=pool) as redis:
        store = RedisStore(redis, NAMESPACE, Metrics("shop"))
        await store.flush_pending()
        taken = await pool.get_connection()
        assert await store.get("exhausted", ()) is None
        assert (await store.lease("exhausted", (), 1)).is_refused
        assert await store.state() == "ok"

        await store.invalidate(Invalidation(("exhausted",)))
        assert await store.state() == "degraded"  # nothing is read before this is published

        await pool.release(taken)
        await store.flush_pending()
        assert await store.state() == "ok"
        assert (await store.lease("exhausted", (), 1)).is_held
    await pool.aclose()


async def test_an_invalidation_that_waited_for_the_pool_is_published_after_it(
    workspace: Workspace,
) -> None:
    url, metrics = workspace.setting("CACHE__URL"), Metrics("shop")
    pool = BlockingConnectionPool.from_url(url, max_connections=1, timeout=WAIT_S)
    async with (
        Redis(connection_pool=pool) as redis,
        Redis.from_url(url) as other,
        Background(1) as background,
    ):
        store, memory = Counted(redis, NAMESPACE, metrics), MemoryCache(SETTINGS, metrics)
        subscriber = Subscriber(other, store, memory, NAMESPACE.version, SETTINGS)
        background.start(subscriber.run)

        async def is_ok() -> bool:
            return await store.state() == "ok"

        await until(is_ok)
        await other.set(KEYS.value("delayed"), b"old")
        store_value(memory, "bystander")
        taken, tries = await pool.get_connection(), store.tries
        await store.invalidate(Invalidation(("delayed",)))

        async def is_tried_again() -> bool:
            return store.tries > tries + 1  # so that the first of these has ended

        await until(is_tried_again)
        assert memory.find("bystander") is not None
        assert not store.breaker.is_open

        await pool.release(taken)
        await until(is_ok)
        assert memory.find("bystander") is not None
        assert not await other.exists(KEYS.value("delayed"))
        await subscriber.stop()
    await pool.aclose()
