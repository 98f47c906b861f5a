"""Invalidations that Redis did not get: nobody reads old values from it for long."""

from collections.abc import Iterator

import pytest
from hotpath.cache.breaker import MAX_PENDING
from hotpath.testing.workspace import Workspace
from hotpath_services import RunningService
from hotpath_services.testing import temporary_service
from hotpath_services.valkey import Valkey
from structlog.testing import capture_logs
from structlog.typing import EventDict

from ..caches import Loader
from ..origin import Origin, until
from ..redis_server import KEYS, calls, connected, frozen, process_on, read_only
from ..shop import SERVICE
from ..tcp_proxy import TcpProxy, proxied

LONG_S = 600
MANY = 2000
AT_ONCE = 1000
"""Names in a command; a key has two, its value's and its lease's."""


@pytest.fixture(scope="module")
def valkey() -> Iterator[RunningService]:
    with temporary_service(Valkey(SERVICE)) as server:
        yield server


@pytest.fixture
def proxy(valkey: RunningService) -> Iterator[TcpProxy]:
    with proxied(valkey.url) as one:
        yield one


@pytest.fixture
def logs() -> Iterator[list[EventDict]]:
    with capture_logs() as lines:
        yield lines


async def test_what_was_changed_while_redis_was_cut_off_is_never_read_again(
    workspace: Workspace, valkey: RunningService, proxy: TcpProxy
) -> None:
    origin = Origin()
    async with process_on(workspace, proxy.url) as ours, process_on(workspace, valkey.url) as other:
        old = await origin.read(ours.cache, "cut")
        assert await origin.read(other.cache, "cut") == old

        with proxy.cut():
            await origin.write(ours.cache, "cut")
            assert await origin.read(ours.cache, "cut") == origin.now("cut")
            assert await origin.read(other.cache, "cut") == old  # nobody could tell it

        async def is_seen() -> bool:
            assert await origin.read(ours.cache, "cut") == origin.now("cut")
            return await origin.read(other.cache, "cut") == origin.now("cut")

        await until(is_seen)
        assert await ours.cache.state() == "ok"


async def test_what_redis_refused_to_invalidate_is_not_read_from_it(
    workspace: Workspace, valkey: RunningService
) -> None:
    origin = Origin()
    async with (
        process_on(workspace, valkey.url) as ours,
        process_on(workspace, valkey.url) as other,
    ):
        await origin.read(ours.cache, "refused")
        await origin.read(other.cache, "refused")

        async def is_seen() -> bool:
            assert await origin.read(ours.cache, "refused") == origin.now("refused")
            return await origin.read(other.cache, "refused") == origin.now("refused")

        with read_only(valkey):
            await origin.write(ours.cache, "refused")
            assert await origin.read(ours.cache, "refused") == origin.now("refused")
        await until(is_seen)


async def test_many_pending_invalidations_are_published_at_once(
    workspace: Workspace, proxy: TcpProxy, valkey: RunningService
) -> None:
    async with process_on(workspace, proxy.url) as ours:
        with connected(valkey.url) as redis, proxy.cut():
            for number in range(MANY):
                await ours.cache.invalidate(f"many:{number}")
            redis.config_resetstat()

        async def is_back() -> bool:
            return await ours.cache.state() == "ok"

        await until(is_back)
        with connected(valkey.url) as redis:
            assert calls(redis)["publish"] == 1
            assert calls(redis)["unlink"] == 2 * MANY / AT_ONCE


async def test_others_return_an_old_value_for_a_limited_time_while_nothing_is_published(
    workspace: Workspace, valkey: RunningService
) -> None:
    origin = Origin()
    async with (
        process_on(workspace, valkey.url) as ours,
        process_on(workspace, valkey.url) as other,
    ):
        await origin.read(ours.cache, "frozen")
        await origin.read(other.cache, "frozen")

        async def is_seen() -> bool:
            return await origin.read(other.cache, "frozen") == origin.now("frozen")

        with frozen(valkey):
            await origin.write(ours.cache, "frozen")
            await until(is_seen)
            assert await origin.read(ours.cache, "frozen") == origin.now("frozen")


async def test_too_many_pending_invalidations_invalidate_everything(
    workspace: Workspace, proxy: TcpProxy, valkey: RunningService
) -> None:
    origin = Origin()
    async with process_on(workspace, proxy.url) as ours, process_on(workspace, valkey.url) as other:
        await origin.read(other.cache, "bystander")

        with proxy.cut():
            await ours.cache.invalidate(*(f"many:{number}" for number in range(MAX_PENDING + 1)))

        async def is_invalidated() -> bool:
            await origin.read(other.cache, "bystander")
            return origin.loads["bystander"] > 1

        await until(is_invalidated)
        await origin.read(other.cache, "bystander")
        assert origin.loads["bystander"] == 2


async def test_an_orderly_stop_publishes_what_is_pending(
    workspace: Workspace, valkey: RunningService, proxy: TcpProxy
) -> None:
    with connected(valkey.url) as redis:
        async with process_on(workspace, proxy.url, CACHE__HEARTBEAT_S=LONG_S) as ours:
            await ours.cache.get_or_load("stopped", Loader(b"old"))
            assert redis.exists(KEYS.value("stopped"))
            with proxy.cut():
                await ours.cache.invalidate("stopped")
            assert await ours.cache.state() == "degraded"

        assert not redis.exists(KEYS.value("stopped"))


async def test_an_orderly_stop_logs_what_it_cannot_publish(
    workspace: Workspace, proxy: TcpProxy, logs: list[EventDict]
) -> None:
    async with process_on(workspace, proxy.url) as ours:
        proxy.close()
        await ours.cache.invalidate("one", "two", tags=["three"])

    (line,) = [each for each in logs if each["log_level"] == "error"]
    assert "`cache invalidate`" in line["event"]
    assert (line["keys"], line["tags"], line["patterns"]) == (2, 1, 0)
