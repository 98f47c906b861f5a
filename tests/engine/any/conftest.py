"""The fixtures of `hotpath.testing`, and the resources of a process in this one."""

from collections.abc import AsyncIterator

import pytest
from hotpath.observability.metrics import Metrics
from hotpath.testing.workspace import Workspace

from package_name.resources import Resources, open_resources

pytest_plugins = ("hotpath.testing.plugin",)


@pytest.fixture
async def resources(workspace: Workspace) -> AsyncIterator[Resources]:
    """Open what a process of the service opens, on the same database, in this process."""
    async with open_resources(workspace.settings(), Metrics("shop")) as opened:
        yield opened
