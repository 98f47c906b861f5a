"""A process that loads for all others fails, hangs or dies: the others go on."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from uuid import uuid4

import pytest
from hotpath.testing.workspace import Workspace

from package_name.resources import Resources

from ..origin import Origin
from ..redis_server import process_on

LEASE_S = 1.0
SOON_S = 10.0
PROJECT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", f"{__package__.partition('.')[0]}.endless_load")


@contextmanager
def loading(workspace: Workspace, key: str) -> Iterator[subprocess.Popen[bytes]]:
    """Have another process hang in a load."""
    path = os.pathsep.join((str(PROJECT), workspace.environment.get("PYTHONPATH", "")))
    place = workspace.with_variables({"PYTHONPATH": path})
    command = [*COMMAND, key]
    with subprocess.Popen(
        command, cwd=place.folder, env=place.environment, stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"loading\n"
            yield process
        finally:
            process.kill()


async def test_others_go_on_when_the_lease_of_a_killed_process_ends(workspace: Workspace) -> None:
    origin, key = Origin(), uuid4().hex
    hasty = workspace.with_settings(CACHE__LEASE_S=LEASE_S)
    with loading(hasty, key) as process:
        process.kill()
        async with process_on(hasty, workspace.setting("CACHE__URL")) as ours:
            await assert_read_soon(ours, origin, key)


async def test_others_go_on_when_the_lease_of_a_load_that_hangs_ends(
    resources: Resources,
) -> None:
    origin, key = Origin(), uuid4().hex
    (store,) = resources.cache.stores
    assert (await store.lease(key, (), LEASE_S)).is_held
    await assert_read_soon(resources, origin, key)


async def assert_read_soon(process: Resources, origin: Origin, key: str) -> None:
    """Check that a process loads by itself in the end, and that this is stored."""
    started = monotonic()
    assert await origin.read(process.cache, key, is_expensive=True) == origin.now(key)
    assert monotonic() - started < SOON_S
    (store,) = process.cache.stores
    assert await store.get(key, ()) is not None


async def test_the_lease_of_a_load_that_failed_ends_at_once(resources: Resources) -> None:
    key = uuid4().hex

    async def fail() -> bytes:
        raise LookupError(key)

    with pytest.raises(LookupError, match=key):
        await resources.cache.get_or_load(key, fail, is_expensive=True)

    (store,) = resources.cache.stores
    assert (await store.lease(key, (), LEASE_S)).is_held
