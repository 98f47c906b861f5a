"""What a hit in Redis costs, and a miss: ours, a bare command, other libraries.

Symptom: what a cache does besides its one command is paid by every response that this process does
not have yet, and an encoding that is slow to read by every value of a type.

Multiples of a bare command and its decoding, on 2 cores, ASGI (WSGI): a hit of 80 bytes
1.2-1.4 (1.7 → 1.1-1.5), with a tag 1.3-1.5 (2.1 → 1.3-1.8), a page of 50 1.2-1.4 (1.2-1.5), where
cashews takes 1.9, aiocache 1.3, dogpile.cache 1.8; a miss 1.8 (1.8-2.8), of which one round trip is
the lease. The high ends are of a busy machine.

`nox -s bench -- asgi-sqlite-redis-none shared_cache`; the rows of libraries that are not installed,
or are only for the other kind of code, are left out.
"""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import partial
from itertools import count
from typing import Any

from hotpath.aio.cache.cache import Cache
from hotpath.cache.codec import RAW, Codec, codec_of
from hotpath.cache.entries import Invalidation
from hotpath.observability.metrics import Metrics
from pydantic import BaseModel
from redis.asyncio import BlockingConnectionPool, Redis
from rich.console import Console

from package_name.resources import open_resources
from package_name.settings import Settings

from .peers import Load, Read, redis_peers, run
from .place import measured
from .rounds import Work, seconds_of, table_of

READS = 60
BARE = "bare command, decoded"
OURS = "get_or_load"


class Row(BaseModel, frozen=True):
    """One of a page."""

    id: int
    email: str
    name: str


class Page(BaseModel, frozen=True):
    """A value of a type."""

    items: list[Row]


BODY = Row(id=7, email="ada@example.com", name="Ada Lovelace").model_dump_json().encode()
PAGE = Page(items=[Row(id=n, email=f"{n}@example.com", name="Ada") for n in range(50)])


async def main() -> None:
    """Print a table for each kind of value."""
    with measured() as workspace:
        settings = workspace.settings()
        async with AsyncExitStack() as stack:
            opened = open_resources(settings, Metrics("shop"))
            cache = (await stack.enter_async_context(opened)).cache
            redis = await stack.enter_async_context(bare_redis(settings))
            peers = redis_peers(settings.cache.url.get_secret_value())
            bench = Bench(cache, redis, peers)
            show = Console().print
            for kind, value, codec in (
                ("a body of bytes", BODY, RAW),
                ("a page of 50", PAGE, codec_of(Page)),
            ):
                hits = await seconds_of(bench.hits(kind, value, codec), READS)
                show(table_of(f"a hit in Redis, {kind}", hits, BARE))
                misses = await seconds_of(bench.misses(kind, value, codec), READS)
                show(table_of(f"a miss, {kind}", misses, BARE))


def bare_redis(settings: Settings) -> Redis:
    """Return a client with a pool like the cache's."""
    cache = settings.cache
    pool = BlockingConnectionPool.from_url(
        cache.url.get_secret_value(),
        max_connections=cache.max_connections,
        timeout=cache.timeout_s,
        socket_connect_timeout=cache.connect_timeout_s,
        socket_timeout=cache.timeout_s,
        health_check_interval=cache.health_check_s,
    )
    return Redis(connection_pool=pool)


class Bench:
    """Ways to read through Redis."""

    def __init__(self, cache: Cache, redis: Redis, peers: Mapping[str, Read]) -> None:
        self._cache = cache
        self._redis = redis
        self._peers = peers
        self._new = count()

    def hits(self, key: str, value: object, codec: Codec[Any]) -> Mapping[str, Work]:
        """Return ways to read what Redis has and this process has not."""

        async def load() -> object:
            return value

        async def bare(times: int) -> None:
            await self._redis.set(f"bare:{key}", codec.encode(value))
            for _ in range(times):
                data: Any = await self._redis.get(f"bare:{key}")
                codec.decode(data)

        async def ours(times: int, tags: tuple[str, ...] = ()) -> None:
            name = f"{key}{tags}"
            gone = Invalidation((name,))
            for _ in range(times):
                self._cache.memory.invalidate(gone)
                await self._cache.get_or_load(name, load, codec=codec, tags=tags)

        return {
            BARE: bare,
            OURS: ours,
            f"{OURS}, with a tag": partial(ours, tags=("tag",)),
            **{name: same_key(read, key, load) for name, read in self._peers.items()},
        }

    def misses(self, key: str, value: object, codec: Codec[Any]) -> Mapping[str, Work]:
        """Return ways to find nothing, load and cache that."""

        async def load() -> object:
            return value

        async def bare(times: int) -> None:
            for _ in range(times):
                name = f"{key}:{next(self._new)}"
                assert await self._redis.get(name) is None
                value = await load()
                await self._redis.set(name, codec.encode(value), ex=60)

        async def ours(times: int) -> None:
            for _ in range(times):
                name = f"{key}:{next(self._new)}"
                await self._cache.get_or_load(name, load, codec=codec)

        new = {name: self._new_keys(read, key, load) for name, read in self._peers.items()}
        return {BARE: bare, OURS: ours, **new}

    def _new_keys(self, read: Read, key: str, load: Load) -> Work:
        async def work(times: int) -> None:
            for _ in range(times):
                await read(f"{key}:{next(self._new)}", load)

        return work


def same_key(read: Read, key: str, load: Load) -> Work:
    """Return so many reads of one key."""

    async def work(times: int) -> None:
        for _ in range(times):
            await read(key, load)

    return work


if __name__ == "__main__":
    run(main())
