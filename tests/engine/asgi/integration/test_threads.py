"""The service's own threads for blocking calls."""

import asyncio
import threading

import pytest
from hotpath.aio.concurrency import bounded_threads, run_blocking
from hotpath.testing.workspace import Workspace

from package_name.app import create_app


async def test_blocking_calls_run_in_the_bounded_threads_of_the_service(
    workspace: Workspace,
) -> None:
    async with create_app(workspace.settings()).opened():
        thread = await run_blocking(threading.current_thread)

    assert thread.name.startswith("blocking")


async def test_the_threads_end_and_calls_that_wait_for_one_are_cancelled() -> None:
    gate = threading.Event()
    with bounded_threads(1):
        running = asyncio.create_task(run_blocking(gate.wait))
        waiting = asyncio.create_task(run_blocking(threading.current_thread))
        await asyncio.sleep(0)  # both are in the pool
        [thread] = [each for each in threading.enumerate() if each.name == "blocking_0"]
    gate.set()

    assert await running
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await run_blocking(thread.join, 10.0)
    assert not thread.is_alive()
