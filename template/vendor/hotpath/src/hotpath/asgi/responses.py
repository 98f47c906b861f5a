"""Responses, and the functions that render them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from functools import lru_cache
from http import HTTPStatus

from fastapi import Request
from fastapi import Response as FrameworkResponse
from pydantic import BaseModel
from starlette.types import Receive, Scope, Send

from hotpath.asgi.messages import IS_HEAD
from hotpath.http.etags import encode, etag_of, is_unchanged
from hotpath.http.problems import MEDIA_TYPE, problem_headers
from hotpath.observability.logs import get_logger
from hotpath.observability.request_context import root_path

Header = tuple[bytes, bytes]
_JSON = b"content-type: application/json\r\n"
_PROBLEM = b"content-type: %b\r\n" % MEDIA_TYPE.encode()
_OK = int(HTTPStatus.OK)  # looking it up takes 0.1 µs
_CREATED = int(HTTPStatus.CREATED)
_MAX_CACHED_BYTES = 4096
"""Size of a body whose ETag is cached: 4 MiB of them at most."""


class Response(FrameworkResponse):
    """A response whose body is in memory; created in a fifth of the time of the framework's own.

    Headers are encoded once, as they are sent; they become a list only when they are accessed.
    """

    body: bytes

    def __init__(self, status: int, lines: bytes, body: bytes = b"") -> None:
        self.status_code = status
        self.body = body
        self.background = None
        self._lines = lines
        self._headers_list: list[Header] | None = None

    @property
    def lines(self) -> bytes:
        """The headers as they are sent.

        Raises:
            ValueError: a header has a line break in it, which would start another header.
        """
        return self._lines if self._headers_list is None else _joined(self._headers_list)

    @property
    def raw_headers(self) -> list[Header]:
        """The headers as a list, which may be changed."""
        if self._headers_list is None:
            self._headers_list = _split(self._lines)
        return self._headers_list

    @raw_headers.setter
    def raw_headers(self, headers: list[Header]) -> None:
        self._headers_list = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response."""
        start = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **start})
        await send({"type": "http.response.body", "body": self.body})


def render(
    model: BaseModel, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> Response:
    """Respond with a model as JSON."""
    return _with_body(encode(model), status, _JSON + _encoded(headers or {}))


def render_created(body: bytes, location: str = "") -> Response:
    """Respond 201 with encoded JSON and the path of what was created, if it has one."""
    lines = _JSON + _encoded({"location": root_path() + location}) if location else _JSON
    return _with_body(body, _CREATED, lines)


def render_json(body: bytes) -> Response:
    """Respond with encoded JSON."""
    return _with_body(body, _OK, _JSON)


def render_cacheable(body: bytes, if_none_match: str | None) -> Response:
    """Respond with encoded JSON and its ETag, or 304 if the client's copy is current."""
    etag, line = _cached_etag(body) if len(body) <= _MAX_CACHED_BYTES else _etag(body)
    if if_none_match is not None and is_unchanged(if_none_match, etag):
        return Response(int(HTTPStatus.NOT_MODIFIED), line)
    return _with_body(body, _OK, _JSON + line)


def render_problem(status: HTTPStatus, body: bytes) -> Response:
    """Respond with problem details."""
    return _with_body(body, status, _PROBLEM + _encoded(problem_headers(status)))


def render_nothing() -> Response:
    """Respond 204."""
    return Response(int(HTTPStatus.NO_CONTENT), b"")


def _with_body(body: bytes, status: int, lines: bytes) -> Response:
    return Response(int(status), b"content-length: %d\r\n%b" % (len(body), lines), body)


def _etag(body: bytes) -> tuple[str, bytes]:
    etag = etag_of(body)
    return etag, b"etag: %b\r\n" % etag.encode()


_cached_etag = lru_cache(maxsize=1024)(_etag)


def _encoded(headers: Mapping[str, str]) -> bytes:
    return _joined([(name.encode(), text.encode("latin-1")) for name, text in headers.items()])


def _joined(headers: list[Header]) -> bytes:
    lines = b"".join([b"%b: %b\r\n" % header for header in headers])
    if lines.count(b"\n") != len(headers) or lines.count(b"\r") != len(headers):
        raise ValueError(f"a header has a line break in it: {lines!r}")
    return lines


def _split(lines: bytes) -> list[Header]:
    pairs = (line.partition(b": ") for line in lines.split(b"\r\n") if line)
    return [(name, text) for name, _, text in pairs]


def render_stream(
    request: Request, pieces: AsyncGenerator[bytes], media_type: str, stall_s: float
) -> FrameworkResponse:
    """Stream the pieces; they are closed as soon as the client disconnects or stops reading."""
    return _Stream(pieces, media_type, stall_s, is_head=IS_HEAD in request.scope)


class _Stream(FrameworkResponse):
    """A body of unknown length; if it is not complete, the server closes the connection."""

    def __init__(
        self, pieces: AsyncGenerator[bytes], media_type: str, stall_s: float, *, is_head: bool
    ) -> None:
        self.status_code = HTTPStatus.OK
        self.media_type = media_type
        self.background = None
        self.init_headers()
        self._pieces = pieces
        self._stall_s = stall_s
        self._is_head = is_head

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send all pieces, unless the client disconnects or reads nothing for `stall_s`."""
        start = {"status": self.status_code, "headers": self.raw_headers}
        async with aclosing(self._pieces), _watch_disconnect(receive) as is_disconnected:
            try:
                await send({"type": "http.response.start", **start})
                await self._send_body(send, is_disconnected)
            except _ClientStalled:
                get_logger().warning("client stopped reading", seconds=self._stall_s)

    async def _send_body(self, send: Send, is_disconnected: Callable[[], bool]) -> None:
        if not self._is_head:
            async for piece in self._pieces:
                if is_disconnected():
                    return
                await self._send_piece(send, piece, more_body=True)
        await self._send_piece(send, b"", more_body=False)

    async def _send_piece(self, send: Send, piece: bytes, *, more_body: bool) -> None:
        message = {"type": "http.response.body", "body": piece, "more_body": more_body}
        try:
            async with asyncio.timeout(self._stall_s):
                await send(message)
        except TimeoutError:
            raise _ClientStalled from None


class _ClientStalled(Exception):
    """The client keeps its connection open and does not read."""


@asynccontextmanager
async def _watch_disconnect(receive: Receive) -> AsyncIterator[Callable[[], bool]]:
    """Yield whether the client has disconnected; a query that runs is not interrupted."""
    disconnect = asyncio.create_task(_wait_for_disconnect(receive))
    try:
        yield disconnect.done
    finally:
        disconnect.cancel()


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
