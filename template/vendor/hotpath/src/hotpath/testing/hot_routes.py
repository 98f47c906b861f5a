"""Requests to a server with hot routes and to one without: their responses are the same."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx2

from hotpath.testing.servers import serving
from hotpath.testing.workspace import Workspace

JSON = {"content-type": "application/json"}
VARYING = {"x-request-id", "x-process-time", "server-timing", "date", "connection"}
"""Headers that differ; the last one: whether the server had all of a body that nobody read."""

Response = tuple[int, list[tuple[str, str]], bytes]
"""Status, headers but for those that vary, body."""


@dataclass(frozen=True)
class HotRequest:
    """What is sent; a body of pieces is sent without its length."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | tuple[bytes, ...] = b""

    def __str__(self) -> str:
        """Return what a test is named after."""
        return f"{self.method} {self.path[:50]}"


@dataclass(frozen=True)
class BothServers:
    """Two servers on one database."""

    hot: httpx2.Client
    plain: httpx2.Client

    def respond(self, request: HotRequest) -> tuple[Response, Response]:
        """Return the response of the server with hot routes, and of the one without."""
        return send(self.hot, request), send(self.plain, request)


@contextmanager
def serving_both(workspace: Workspace) -> Iterator[BothServers]:
    """Run both servers until the end of the block."""
    without = workspace.with_settings(SERVER__HOT_ROUTES="false")
    with serving(workspace) as hot, serving(without) as plain:
        yield BothServers(hot.http, plain.http)


def get(path: str, **headers: str) -> HotRequest:
    """Return a GET."""
    return HotRequest("GET", path, {name.replace("_", "-"): text for name, text in headers.items()})


def post(path: str, body: bytes | tuple[bytes, ...], content_type: str = "") -> HotRequest:
    """Return a POST of JSON, or of what `content_type` says."""
    return HotRequest("POST", path, {"content-type": content_type} if content_type else JSON, body)


def send(http: httpx2.Client, request: HotRequest) -> Response:
    """Send a request and return what is compared of its response."""
    body = request.body if isinstance(request.body, bytes) else iter(request.body)
    response = http.request(request.method, request.path, headers=request.headers, content=body)
    headers = [(name.lower(), value) for name, value in response.headers.multi_items()]
    compared = sorted(each for each in headers if each[0] not in VARYING)
    return response.status_code, compared, response.content
