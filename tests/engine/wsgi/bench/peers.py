"""Other caches for blocking code, as far as they are installed; cashews and aiocache have none."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module
from typing import Any, TypeVar

T = TypeVar("T")

TTL_S = 60

Load = Callable[[], Any]
Read = Callable[[str, Load], Any]
"""Returns the cached value of a key, or loads it."""


def run(result: T) -> T:
    """Return what `main` returned when it was called."""
    return result


def memory_peers(*, is_guarded: bool) -> dict[str, Read]:
    """Return their ways to read from memory.

    Args:
        is_guarded: Whether callers that miss together are to share a load; dogpile's always do.
    """
    del is_guarded
    return _peers("dogpile.cache.memory", {})


def redis_peers(url: str) -> dict[str, Read]:
    """Return their ways to read from Redis, with the encoding they have by default."""
    return _peers("dogpile.cache.redis", {"url": url})


def all_at_once(count: int, work: Callable[[], None]) -> None:
    """Do `work` so many times, side by side."""
    with ThreadPoolExecutor(count) as threads:
        for running in [threads.submit(work) for _ in range(count)]:
            running.result()


def _peers(backend: str, arguments: dict[str, Any]) -> dict[str, Read]:
    peers: dict[str, Read] = {}
    with suppress(ModuleNotFoundError):
        region = import_module("dogpile.cache").make_region()
        region.configure(backend, expiration_time=TTL_S, arguments=arguments)
        peers["dogpile.cache"] = region.get_or_create
    return peers
