"""The service's own threads for blocking calls."""

import threading

from hotpath.aio.concurrency import run_blocking
from hotpath.observability.metrics import Metrics
from hotpath.testing.workspace import Workspace

from package_name.app import create_api


async def test_blocking_calls_run_in_the_bounded_threads_of_the_service(
    workspace: Workspace,
) -> None:
    api = create_api(workspace.settings(), Metrics("shop"))

    async with api.router.lifespan_context(api):
        thread = await run_blocking(threading.current_thread)

    assert thread.name.startswith("blocking")
