"""Requests and responses in ASGI, and what hot endpoints have instead; helpers for headers."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Protocol

from hotpath.http.paths import without_root
from hotpath.observability.tracing import Header

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

FORWARDED = b"x-forwarded-for"

IS_HEAD = "app.is_head"
"""In the scope of a HEAD request, which the framework handles as a GET."""


@dataclass(slots=True)
class RequestHead:
    """The request line and headers of a request."""

    method: str
    path: str
    query: bytes
    headers: Mapping[bytes, bytes]
    """By name in lower case; see `by_name`."""

    @property
    def request_id(self) -> str | None:
        """The id that the client sent."""
        value = self.headers.get(b"x-request-id")
        return None if value is None else str(value, "latin-1")


class BufferedBody(Protocol):
    """A response whose body is in memory."""

    status_code: int
    body: bytes

    @property
    def raw_headers(self) -> Headers:
        """Its headers."""
        ...

    @property
    def lines(self) -> bytes:
        """Its headers as they are sent."""
        ...


class EndpointCall(Protocol):
    """The call of a hot endpoint for one request."""

    template: str
    """Of its path, such as `/users/{user_id}`."""

    has_body: bool
    """Whether the endpoint takes a body."""

    def accepts(self, body: bytes) -> bool:
        """Read the input; return False if the framework has to handle the request."""
        ...

    async def respond(self) -> BufferedBody:
        """Call the endpoint with the input that was accepted."""
        ...


class HotRouter(Protocol):
    """Finds the requests that need no framework."""

    is_empty: bool
    """Whether it has no routes at all."""

    def find(self, head: RequestHead) -> EndpointCall | None:
        """Return the call for a request, or None if the framework has to handle it."""
        ...


def by_name(headers: Headers) -> MutableMapping[bytes, bytes]:
    """Return headers by name; those that are there more than once are joined, as RFC 9110 says."""
    found = dict(reversed(headers))
    return found if len(found) == len(headers) else _joined(headers)


def _joined(headers: Headers) -> MutableMapping[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        if name not in found:
            found[name] = value
        elif name != b"content-length":  # the server has checked that they are the same
            found[name] += (b"; " if name == b"cookie" else b",") + value
    return found


def header_of(headers: Mapping[bytes, bytes]) -> Header:
    """Return a function that returns a header, as text."""

    def header(name: str) -> str | None:
        value = headers.get(name.encode("latin-1"))
        return None if value is None else value.decode("latin-1")

    return header


def join_forwarded(headers: MutableMapping[bytes, bytes], lines: Headers) -> None:
    """Set `X-Forwarded-For`, if there is one, to all its lines: a proxy may have added one."""
    if FORWARDED in headers:
        headers[FORWARDED] = b",".join([value for name, value in lines if name == FORWARDED])


def encoded(headers: Iterable[tuple[str, str]]) -> Headers:
    """Return headers as ASGI has them."""
    return [(name.encode(), text.encode("latin-1")) for name, text in headers]


def adding(headers: Headers, send: Send) -> Send:
    """Return a `send` that adds headers to the response."""

    async def send_more(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": (*message["headers"], *headers)}
        await send(message)

    return send_more


def replayed(messages: list[Message], receive: Receive) -> Receive:
    """Return a `receive` that returns `messages` first, and then what comes after them."""

    async def receive_again() -> Message:
        return messages.pop(0) if messages else await receive()

    return receive_again if messages else receive


def route_path(scope: Message) -> str:
    """Return the path that routes see, without what a proxy has before it."""
    root_path, path = scope.get("root_path"), scope["path"]
    routed: str = without_root(path, root_path) if root_path else path
    return routed
