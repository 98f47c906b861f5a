"""Responses, and the functions that render them."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, wraps
from http import HTTPStatus
from typing import TYPE_CHECKING

from pydantic import BaseModel

from hotpath.http.etags import encode, etag_of, is_unchanged
from hotpath.http.problems import MEDIA_TYPE, problem_headers
from hotpath.observability.request_context import root_path
from hotpath.wsgi.dependencies import if_none_match

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment
from collections.abc import Generator

from flask import Response as FrameworkResponse
from flask import request

Header = tuple[str, str]
_MAX_CACHED = 1024
_MAX_CACHED_BYTES = 2048
"""Size of a body whose response is cached: 3 MiB of them at most."""

_JSON = ("content-type", "application/json")
_PROBLEM = ("content-type", MEDIA_TYPE)
_STATUS = {status: f"{status} {status.phrase}" for status in HTTPStatus}
_STATUS[HTTPStatus.NO_CONTENT] = "204 NO CONTENT"  # as Werkzeug spells it


class Response:
    """A response whose body is in memory; created in a tenth of the time of the framework's own.

    The framework accepts it as any WSGI application. It is immutable, since it may be cached.
    """

    __slots__ = ("body", "head", "headers", "status", "status_code")

    def __init__(self, status: HTTPStatus, headers: Iterable[Header], body: bytes = b"") -> None:
        self.status = _STATUS[status]
        self.status_code = int(status)
        self.headers = tuple(headers)
        self.body = body
        self.head: bytes | None = None
        """Status and headers as they are sent, if they are encoded."""

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Send the response."""
        start_response(self.status, list(self.headers))
        return () if environ["REQUEST_METHOD"] == "HEAD" else (self.body,)


def _cached(make: Callable[[bytes], Response]) -> Callable[[bytes], Response]:
    """Cache the last responses with small bodies: a body has the same headers each time."""
    make_cached = lru_cache(_MAX_CACHED)(make)

    @wraps(make)
    def cached(body: bytes) -> Response:
        return make_cached(body) if len(body) <= _MAX_CACHED_BYTES else make(body)

    return cached


def render(
    model: BaseModel,
    status: HTTPStatus = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Respond with a model as JSON."""
    return _with_body(encode(model), status, _JSON, *(headers or {}).items())


def render_created(body: bytes, location: str = "") -> Response:
    """Respond 201 with encoded JSON and the path of what was created, if it has one."""
    headers = [("location", root_path() + location)] if location else []
    return _with_head(body, HTTPStatus.CREATED, _JSON, *headers)


@_cached
def render_json(body: bytes) -> Response:
    """Respond with encoded JSON."""
    return _with_head(body, HTTPStatus.OK, _JSON)


def render_cacheable(body: bytes) -> Response:
    """Respond with encoded JSON and its ETag, or 304 if the client's copy is current."""
    tags = if_none_match()
    if tags is not None and is_unchanged(tags, etag := etag_of(body)):
        return Response(HTTPStatus.NOT_MODIFIED, [("etag", etag)])
    return _with_etag(body)


def render_problem(status: HTTPStatus, body: bytes, *headers: Header) -> Response:
    """Respond with problem details."""
    named = {**problem_headers(status), **dict(headers)}
    return _with_body(body, status, _PROBLEM, *named.items())


def render_nothing() -> Response:
    """Respond 204."""
    return Response(HTTPStatus.NO_CONTENT, ())


@_cached
def _with_etag(body: bytes) -> Response:
    return _with_head(body, HTTPStatus.OK, _JSON, ("etag", etag_of(body)))


def _with_body(body: bytes, status: HTTPStatus, *headers: Header) -> Response:
    return Response(status, [*headers, ("content-length", str(len(body)))], body)


def _with_head(body: bytes, status: HTTPStatus, *headers: Header) -> Response:
    """Return a response with an encoded head; no header may be about the connection.

    Raises:
        ValueError: a header has a line break in it, which would start another header.
    """
    response = _with_body(body, status, *headers)
    lines = [f"{name}: {value}\r\n" for name, value in response.headers]
    text = "".join(lines)
    if text.count("\n") != len(lines) or text.count("\r") != len(lines):
        raise ValueError("a header has a line break in it")
    response.head = f"HTTP/1.1 {response.status}\r\n{text}".encode("latin-1")
    return response


def render_stream(pieces: Generator[bytes], media_type: str) -> FrameworkResponse:
    """Stream the pieces; they are closed as soon as the client disconnects or stops reading.

    If they are not sent completely, the server closes the connection.
    """
    if request.method == "HEAD":
        pieces.close()
    return FrameworkResponse(pieces, content_type=media_type)
