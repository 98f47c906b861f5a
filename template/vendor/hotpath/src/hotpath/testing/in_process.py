"""The application in the process of the test, where what it does can be counted.

About time, load, streaming and signals only a real server tells the truth.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx2
from anyio.from_thread import BlockingPortal, start_blocking_portal

from hotpath.debug.blocking_calls import blocking_calls_forbidden
from hotpath.observability.metrics import Metrics
from hotpath.testing.queries import count_queries
from hotpath.testing.workspace import Workspace

_BASE_URL = "http://test"


class InProcessClient(httpx2.Client):
    """A client of the application in this process.

    Attributes:
        statements: Those that were sent to the database for the last request, BEGIN excepted.
    """

    statements: Sequence[str] = ()

    def __init__(self, handle: Callable[[httpx2.Request], httpx2.Response]) -> None:
        super().__init__(base_url=_BASE_URL, transport=_Transport(self, handle))


@contextmanager
def open_in_process(workspace: Workspace) -> Iterator[InProcessClient]:
    """Open the resources of the workspace and the application on them, until the end.

    Raises:
        AssertionError: with ASGI, at the end: something blocked the event loop.
    """
    service = workspace.service
    settings = workspace.settings()
    opening = service.module("resources").open_resources(settings, Metrics.of(settings))
    app = service.module("app").create_app(settings)
    if service.interface == "hotpath.wsgi":
        with opening as resources, InProcessClient(_wsgi(app.on(resources))) as client:
            yield client
        return
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(opening) as resources,
        portal.wrap_async_context_manager(_without_blocking_calls(service.folder)),
        InProcessClient(_asgi(app.on(resources), portal)) as client,
    ):
        yield client


@asynccontextmanager
async def _without_blocking_calls(folder: Path) -> AsyncIterator[None]:
    with blocking_calls_forbidden(folder) as found:
        yield
    assert not found, "\n".join(found)


class _Transport(httpx2.BaseTransport):
    def __init__(
        self, client: InProcessClient, handle: Callable[[httpx2.Request], httpx2.Response]
    ) -> None:
        self._client = client
        self._handle = handle

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.read()
        response = self._handle(request)
        self._client.statements = response.extensions["statements"]
        return response


def _wsgi(app: Any) -> Callable[[httpx2.Request], httpx2.Response]:
    transport = httpx2.WSGITransport(app)

    def handle(request: httpx2.Request) -> httpx2.Response:
        with count_queries(of_this_context=True) as statements:
            response = transport.handle_request(request)
            body = response.read()
        return _response(response, body, statements)

    return handle


def _asgi(app: Any, portal: BlockingPortal) -> Callable[[httpx2.Request], httpx2.Response]:
    transport = httpx2.ASGITransport(app)

    async def handle(request: httpx2.Request) -> httpx2.Response:
        with count_queries(of_this_context=True) as statements:
            response = await transport.handle_async_request(request)
            body = await response.aread()
        return _response(response, body, statements)

    return lambda request: portal.call(handle, request)


def _response(response: httpx2.Response, body: bytes, statements: Sequence[str]) -> httpx2.Response:
    extensions = {"statements": tuple(statements)}
    headers = response.headers
    return httpx2.Response(
        response.status_code, headers=headers, content=body, extensions=extensions
    )
