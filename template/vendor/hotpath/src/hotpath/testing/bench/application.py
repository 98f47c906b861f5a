"""The application in this process, called as a server calls it, without a client's cost.

Code that is measured says what to do, such as which requests; how async and sync applications do
it is here.
"""

import asyncio
import inspect
import json
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, contextmanager
from io import BytesIO
from typing import Any, NamedTuple, Protocol, TypeVar
from urllib.parse import unquote

from hotpath.observability.metrics import Metrics
from hotpath.testing.workspace import Workspace

T = TypeVar("T")

Response = tuple[int, bytes]
"""Status and body."""


class Request(NamedTuple):
    """What is sent; the path includes the query."""

    method: str
    path: str
    body: bytes = b""


def get(path: str) -> Request:
    """Return a GET."""
    return Request("GET", path)


def post(path: str, value: object) -> Request:
    """Return a POST of a value as JSON."""
    return Request("POST", path, json.dumps(value).encode())


class InProcessApplication(Protocol):
    """An application, async or sync, for code that is neither.

    Attributes:
        resources: What the service's `open_resources` opened.
    """

    resources: Any

    def send(self, requests: Sequence[Request]) -> list[Response]:
        """Send requests, one after another."""

    def run(self, call: Callable[[], Any], times: int = 1) -> Any:
        """Call a function, or await what it returns; return the last result."""

    def returning(self, value: T) -> Callable[[], Any]:
        """Return a function that returns `value`, async if the service is."""


@contextmanager
def open_application(workspace: Workspace) -> Iterator[InProcessApplication]:
    """Open the resources of a workspace and the application on them, until the end."""
    service = workspace.service
    settings = workspace.settings()
    opening = service.module("resources").open_resources(settings, Metrics.of(settings))
    app = service.module("app").create_app(settings)
    if service.interface == "hotpath.wsgi":
        with ExitStack() as stack:
            resources = stack.enter_context(opening)
            yield _Wsgi(app.on(resources), resources)
        return
    with _event_loop() as run:
        async_stack = AsyncExitStack()
        resources = run(async_stack.enter_async_context(opening))
        try:
            yield _Asgi(app.on(resources), resources, run)
        finally:
            run(async_stack.aclose())


@contextmanager
def _event_loop() -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """Yield what runs a coroutine, on the loop that the server has."""
    import uvloop  # noqa: PLC0415 - a service without it may be WSGI

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        yield runner.run


class _Asgi:
    def __init__(
        self, app: Any, resources: Any, run: Callable[[Coroutine[Any, Any, Any]], Any]
    ) -> None:
        self.resources = resources
        self._app = app
        self._run = run

    def send(self, requests: Sequence[Request]) -> list[Response]:
        responses: list[Response] = []

        async def send_all() -> None:
            for request in requests:
                responses.append(await self._send(request))

        self._run(send_all())
        return responses

    def run(self, call: Callable[[], Any], times: int = 1) -> Any:
        async def repeat() -> Any:
            result = call()
            if not inspect.isawaitable(result):
                return _repeat(call, times - 1, result)
            result = await result
            for _ in range(times - 1):
                result = await call()
            return result

        return self._run(repeat())

    def returning(self, value: T) -> Callable[[], Any]:
        async def same() -> T:
            return value

        return same

    async def _send(self, request: Request) -> Response:
        path, _, query = request.path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [
                (b"host", b"test"),
                (b"content-type", b"application/json"),
                (b"content-length", str(len(request.body)).encode()),
            ],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
            "state": {},
        }
        messages = [{"type": "http.request", "body": request.body, "more_body": False}]
        status = 0
        pieces: list[bytes] = []

        async def receive() -> dict[str, Any]:
            return messages.pop() if messages else await asyncio.Future()  # the client stays

        async def send(message: dict[str, Any]) -> None:
            nonlocal status
            status = message.get("status", status)
            pieces.append(message.get("body", b""))

        await self._app(scope, receive, send)
        return status, b"".join(pieces)


class _Wsgi:
    def __init__(self, app: Any, resources: Any) -> None:
        self.resources = resources
        self._app = app

    def send(self, requests: Sequence[Request]) -> list[Response]:
        return [self._send(each) for each in requests]

    def run(self, call: Callable[[], Any], times: int = 1) -> Any:
        return _repeat(call, times, None)

    def returning(self, value: T) -> Callable[[], Any]:
        return lambda: value

    def _send(self, request: Request) -> Response:
        path, _, query = request.path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": request.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path),
            "RAW_URI": request.path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(request.body)),
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "test",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(request.body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        statuses: list[str] = []

        def start_response(status: str, *_: object) -> None:
            statuses.append(status)

        pieces = self._app(environ, start_response)
        try:
            content = b"".join(pieces)
        finally:
            getattr(pieces, "close", bool)()
        return int(statuses[-1].partition(" ")[0]), content


def _repeat(call: Callable[[], Any], times: int, result: Any) -> Any:
    for _ in range(times):
        result = call()
    return result
