"""The client of a process for another service, with short limits."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hotpath.aio.http_client.client import open_http_client
from hotpath.aio.http_client.dependency import Dependency
from hotpath.observability.metrics import Metrics
from hotpath.testing.workspace import Workspace

READ_S, TOTAL_S = 0.3, 0.8


@asynccontextmanager
async def calling(
    workspace: Workspace, url: str, metrics: Metrics | None = None, **settings: object
) -> AsyncIterator[Dependency]:
    """Open the client of a process that waits little and, unless told, never opens a breaker."""
    named = {f"HTTP_CLIENT__{name}": value for name, value in settings.items()}
    limits = {
        "HTTP_CLIENT__URLS__OTHER": url,
        "HTTP_CLIENT__READ_TIMEOUT_S": READ_S,
        "HTTP_CLIENT__TIMEOUT_S": TOTAL_S,
        "HTTP_CLIENT__BREAKER_FAILURES": 1_000_000,
        "HTTP_CLIENT__MAX_RESPONSE_BYTES": 1_000_000,
    }
    place = workspace.with_settings(**{**limits, **named})
    async with open_http_client(place.settings(), metrics or Metrics("shop")) as client:
        yield client.dependency("other")
