"""The service's own threads for blocking calls."""

import threading

from hotpath.aio.concurrency import run_blocking
from hotpath.testing.workspace import Workspace

from package_name.app import create_app


async def test_blocking_calls_run_in_the_bounded_threads_of_the_service(
    workspace: Workspace,
) -> None:
    async with create_app(workspace.settings()).opened():
        thread = await run_blocking(threading.current_thread)

    assert thread.name.startswith("blocking")
