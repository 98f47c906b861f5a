"""A Redis that restarts from a snapshot brings old values back: nobody reads them."""

from collections.abc import Iterator

import pytest
from hotpath.testing.workspace import Workspace
from hotpath_services.process import Home, free_port
from hotpath_services.temporary import temporary_home
from hotpath_services.testing import temporary_service
from hotpath_services.valkey import Valkey
from structlog.testing import capture_logs

from ..origin import Origin, until
from ..redis_server import KEYS, connected, kill, process_on, valkey_in
from ..shop import SERVICE

LONG_S = 60
NO_INFO = ("on", ">secret", "~*", "&*", "+@all", "-info")


@pytest.fixture
def home() -> Iterator[Home]:
    with temporary_home() as one:
        yield one


async def test_what_comes_back_with_a_snapshot_is_not_read(
    workspace: Workspace, home: Home
) -> None:
    origin, port = Origin(), free_port()
    url = Valkey(SERVICE).url(port, {})
    async with process_on(workspace, url) as ours, process_on(workspace, url) as other:
        (store,) = ours.cache.stores

        async def are_ok() -> bool:
            return [await each.cache.state() for each in (ours, other)] == ["ok", "ok"]

        async def are_degraded() -> bool:
            return [await each.cache.state() for each in (ours, other)] == ["degraded", "degraded"]

        with valkey_in(home, port) as valkey, connected(url) as redis:
            await until(are_ok)
            await origin.read(ours.cache, "back")
            lease = await store.lease("late", (), LONG_S)
            assert lease.is_held
            assert redis.exists(KEYS.value("back"))
            redis.save()
            await origin.write(ours.cache, "back")
            await ours.cache.invalidate("late")
            kill(valkey)
            await until(are_degraded)

        with valkey_in(home, port), connected(url) as redis:
            assert redis.exists(KEYS.value("back"), KEYS.lease("late")) == 2
            await until(are_ok)

            assert await origin.read(ours.cache, "back") == origin.now("back")
            assert await origin.read(other.cache, "back") == origin.now("back")
            assert (
                origin.loads["back"] == 2
            )  # once in each run: what is written in this one is read

            await store.put(lease, b"loaded before the change", LONG_S)
            assert redis.exists(KEYS.value("late"))
            assert await store.get("late", ()) is None


async def test_a_redis_that_tells_no_run_is_used_and_said_to_be_one(workspace: Workspace) -> None:
    origin = Origin()
    with temporary_service(Valkey(SERVICE)) as valkey, capture_logs() as logs:
        with connected(valkey.url) as redis:
            redis.execute_command("ACL", "SETUSER", "shop", *NO_INFO)
        url = valkey.url.replace("://", "://shop:secret@")
        async with process_on(workspace, url) as ours, process_on(workspace, url) as other:
            await origin.read(ours.cache, "key")
            await origin.read(other.cache, "key")
            assert origin.loads["key"] == 1

    assert len([each for each in logs if "run_id" in each["event"]]) == 2  # one a process
