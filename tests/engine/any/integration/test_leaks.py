"""A request leaves nothing behind."""

from typing import Any

import pytest
from hotpath.observability.metrics import Metrics
from hotpath.testing.workspace import Workspace

from package_name.resources import open_resources

from ..apps import whole_app_on
from ..in_process_calls import call
from ..memory import kept_bytes

REQUESTS = 50
SLACK_BYTES = 40
"""Of each request: anything that keeps something of it is larger."""


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/nowhere"])
async def test_a_request_leaves_nothing_behind(workspace: Workspace, path: str) -> None:
    # asyncio keeps up to a hundred timers that were cancelled, such as those of deadlines.
    timeless = workspace.with_settings(SERVER__REQUEST_TIMEOUT_S="inf")
    settings = timeless.with_settings(OBSERVABILITY__ACCESS_LOG="false").settings()
    async with open_resources(settings, Metrics("shop")) as resources:
        app: Any = whole_app_on(resources)

        async def ask() -> None:
            status, _body = await call(app, "GET", path)
            assert status in (200, 404)

        assert await kept_bytes(ask, REQUESTS) < SLACK_BYTES
