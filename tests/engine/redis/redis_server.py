"""A Valkey of a test's own: frozen, full, read-only, killed; and its statistics."""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from hotpath.cache.keys import CacheNamespace
from hotpath.cache.redis_protocol import RedisKeys
from hotpath.observability.metrics import Metrics
from hotpath.testing.workspace import Workspace
from hotpath_services import RunningService
from hotpath_services.process import Home, end
from hotpath_services.server import start_program
from hotpath_services.temporary import ended_with_this_process
from hotpath_services.valkey import Valkey
from redis import Redis

from package_name.resources import Resources, open_resources

from .shop import SERVICE

VALKEY = Valkey(SERVICE)
NAMESPACE = CacheNamespace.of(SERVICE)
KEYS = RedisKeys(NAMESPACE)


@contextmanager
def frozen(server: RunningService) -> Iterator[None]:
    """Stop the server in its tracks, until the end of the block."""
    assert server.pid is not None
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


@contextmanager
def read_only(server: RunningService) -> Iterator[None]:
    """Have the server answer and refuse to change anything, until the end of the block."""
    with connected(server.url) as redis:
        redis.config_set("min-replicas-to-write", 1)
        yield
        redis.config_set("min-replicas-to-write", 0)


@contextmanager
def valkey_in(home: Home, port: int) -> Iterator[RunningService]:
    """Run a Valkey on the data of a home, such as the snapshot of one that was killed."""
    server = start_program(VALKEY, home, port, is_durable=False)
    with ended_with_this_process(home, server.pid):
        try:
            yield RunningService(VALKEY.name, VALKEY.url(port, {}), server.pid)
        finally:
            end(home)
            server.process.wait()


def kill(server: RunningService) -> None:
    """End the server as the system does when memory is short."""
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)


@contextmanager
def connected(url: str) -> Iterator[Redis]:
    """Ask the server itself."""
    with Redis.from_url(url) as redis:
        yield redis


def calls(redis: Redis) -> dict[str, int]:
    """Return how often each command was called, since the start or `CONFIG RESETSTAT`."""
    found: dict[str, Any] = redis.info("commandstats")
    return {name.removeprefix("cmdstat_"): each["calls"] for name, each in found.items()}


@asynccontextmanager
async def process_on(
    workspace: Workspace, url: str, **settings: object
) -> AsyncIterator[Resources]:
    """Open what a process of the service opens, with its shared cache at `url`."""
    place = workspace.with_settings(CACHE__URL=url, **settings)
    async with open_resources(place.settings(), Metrics("shop")) as opened:
        yield opened
