"""A request leaves nothing behind."""

from typing import Any

import pytest

from shop.observability.metrics import Metrics
from shop.resources import open_resources

from ..apps import whole_app_on
from ..inside import call
from ..memory import kept_bytes
from ..workspace import Workspace

REQUESTS = 50
SLACK_BYTES = 40
"""Of each request: anything that keeps something of it is larger."""


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/nowhere"])
def test_a_request_leaves_nothing_behind(workspace: Workspace, path: str) -> None:
    settings = workspace.with_settings(OBSERVABILITY__ACCESS_LOG="false").settings()
    with open_resources(settings, Metrics()) as resources:
        app: Any = whole_app_on(resources)

        def ask() -> None:
            status, _body = call(app, "GET", path)
            assert status in (200, 404)

        assert kept_bytes(ask, REQUESTS) < SLACK_BYTES
