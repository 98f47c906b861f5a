"""Other caches for async code, as far as they are installed; dogpile.cache has none."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

import uvloop

TTL_S = 60

Load = Callable[[], Awaitable[Any]]
Read = Callable[[str, Load], Awaitable[Any]]
"""Returns the cached value of a key, or loads it."""


def memory_peers(*, is_guarded: bool) -> dict[str, Read]:
    """Return their ways to read from memory.

    Args:
        is_guarded: Whether callers that miss together are to share a load, if they can.
    """
    return _peers("mem://", "SimpleMemoryCache", {}, is_guarded=is_guarded)


def redis_peers(url: str) -> dict[str, Read]:
    """Return their ways to read from Redis, with the encoding they have by default."""
    parts = urlsplit(url)
    place = {"endpoint": parts.hostname, "port": parts.port}
    return _peers(url, "RedisCache", place, is_guarded=False)


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run `main` on the loop that the server has."""
    uvloop.run(main)


async def all_at_once(count: int, work: Callable[[], Awaitable[None]]) -> None:
    """Do `work` so many times, side by side."""
    await asyncio.gather(*(work() for _ in range(count)))


def _peers(url: str, kind: str, place: dict[str, Any], *, is_guarded: bool) -> dict[str, Read]:
    peers: dict[str, Read] = {}
    with suppress(ModuleNotFoundError):
        peers["cashews"] = _cashews(url, is_guarded=is_guarded)
    with suppress(ModuleNotFoundError):
        peers["aiocache"] = _aiocache(kind, place, is_guarded=is_guarded)
    return peers


def _cashews(url: str, *, is_guarded: bool) -> Read:
    cache = import_module("cashews").Cache()
    cache.setup(url)

    async def read(key: str, load: Load) -> Any:
        return await cache.get_or_set(key, load, expire=TTL_S)

    guard = cache(ttl=TTL_S, key="guarded:{key}", protected=True)
    guarded: Read = guard(_loaded)
    return guarded if is_guarded else read


def _aiocache(kind: str, place: dict[str, Any], *, is_guarded: bool) -> Read:
    aiocache = import_module("aiocache")
    pickles = import_module("aiocache.serializers").PickleSerializer
    serializer = pickles() if place else None
    options = {"ttl": TTL_S, "cache": getattr(aiocache, kind), "serializer": serializer, **place}
    decorator = aiocache.cached_stampede if is_guarded else aiocache.cached

    cached = decorator(key_builder=lambda _, key, load: f"aiocache:{key}", **options)
    read: Read = cached(_loaded)
    return read


async def _loaded(key: str, load: Load) -> Any:
    del key  # the decorators look at it
    return await load()
