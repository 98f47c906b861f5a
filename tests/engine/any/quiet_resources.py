"""What a process of the service opens, for a test that waits for other processes."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from math import inf

import pytest
from hotpath.aio.tasks import relay
from hotpath.observability.metrics import Metrics
from hotpath.testing.workspace import Workspace

from package_name.resources import Resources, open_resources


@asynccontextmanager
async def quiet_resources(workspace: Workspace) -> AsyncIterator[Resources]:
    """Open the resources of a process that does not look for tasks of others.

    A test that waits holds up its own event loop, and a statement there would keep its lock.
    """
    async with AsyncExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(relay, "SCAN_S", inf)
            opening = open_resources(workspace.settings(), Metrics("shop"))
            resources = await stack.enter_async_context(opening)
        yield resources
