"""The fixtures of `hotpath.testing`, and the resources of a process in this one."""

from collections.abc import AsyncIterator

import pytest
from hotpath.testing.workspace import Workspace

from package_name.resources import Resources

from .quiet_resources import quiet_resources

pytest_plugins = ("hotpath.testing.plugin",)


@pytest.fixture
async def resources(workspace: Workspace) -> AsyncIterator[Resources]:
    """Open what a process of the service opens, on the same database, in this process."""
    async with quiet_resources(workspace) as opened:
        yield opened
