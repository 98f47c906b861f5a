"""A Redis that restarts from a snapshot brings old values back: nobody reads them."""

from collections.abc import Iterator

import pytest
from hotpath.cache.redis_protocol import lease_name, value_name
from hotpath_services.process import Home, free_port
from hotpath_services.temporary import temporary_home
from hotpath_services.testing import temporary_service
from hotpath_services.valkey import SERVICE
from structlog.testing import capture_logs

from ..redis_server import asked, kill, process_on, valkey_in
from ..shelf import Shelf, until
from ..workspace import Workspace

LONG_S = 60
NO_INFO = ("on", ">secret", "~*", "&*", "+@all", "-info")


@pytest.fixture
def home() -> Iterator[Home]:
    with temporary_home() as one:
        yield one


async def test_what_comes_back_with_a_snapshot_is_not_read(
    workspace: Workspace, home: Home
) -> None:
    shelf, port = Shelf(), free_port()
    url = SERVICE.url(port, {})
    async with process_on(workspace, url) as ours, process_on(workspace, url) as other:
        (store,) = ours.cache.stores

        async def are_ok() -> bool:
            return [await each.cache.state() for each in (ours, other)] == ["ok", "ok"]

        async def are_degraded() -> bool:
            return [await each.cache.state() for each in (ours, other)] == ["degraded", "degraded"]

        with valkey_in(home, port) as valkey, asked(url) as redis:
            await until(are_ok)
            await shelf.read(ours.cache, "back")
            lease = await store.lease("late", (), LONG_S)
            assert lease.is_held
            assert redis.exists(value_name("back"))
            redis.save()
            await shelf.write(ours.cache, "back")
            await ours.cache.invalidate("late")
            kill(valkey)
            await until(are_degraded)

        with valkey_in(home, port), asked(url) as redis:
            assert redis.exists(value_name("back"), lease_name("late")) == 2
            await until(are_ok)

            assert await shelf.read(ours.cache, "back") == shelf.now("back")
            assert await shelf.read(other.cache, "back") == shelf.now("back")
            assert shelf.loads["back"] == 2  # once in each run: what is written in this one is read

            await store.put(lease, b"loaded before the change", LONG_S)
            assert redis.exists(value_name("late"))
            assert await store.get("late", ()) is None


async def test_a_redis_that_tells_no_run_is_used_and_said_to_be_one(workspace: Workspace) -> None:
    shelf = Shelf()
    with temporary_service(SERVICE) as valkey, capture_logs() as logs:
        with asked(valkey.url) as redis:
            redis.execute_command("ACL", "SETUSER", "shop", *NO_INFO)
        url = valkey.url.replace("://", "://shop:secret@")
        async with process_on(workspace, url) as ours, process_on(workspace, url) as other:
            await shelf.read(ours.cache, "key")
            await shelf.read(other.cache, "key")
            assert shelf.loads["key"] == 1

    assert len([each for each in logs if "run_id" in each["event"]]) == 2  # one a process
