"""Answers as the framework wants them."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, wraps
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Response
from pydantic import BaseModel

from hotpath.http.etags import encode, etag_of, is_unchanged
from hotpath.http.problems import MEDIA_TYPE, problem_headers
from hotpath.wsgi.dependencies import if_none_match

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


Header = tuple[str, str]
_KEPT_ANSWERS = 1024
_KEPT_BYTES = 2048
"""Of a body, so that these answers are 3 MiB at most."""

_JSON = ("content-type", "application/json")
_PROBLEM = ("content-type", MEDIA_TYPE)
_STATUS = {status: f"{status} {status.phrase}" for status in HTTPStatus}


class Answer:
    """An answer that is there as a whole; made in a tenth of the time of the framework's own.

    The framework takes it as it takes any WSGI application. It may be kept, and given again.
    """

    __slots__ = ("body", "head", "headers", "status", "status_code")

    def __init__(self, status: HTTPStatus, headers: Iterable[Header], body: bytes = b"") -> None:
        self.status = _STATUS[status]
        self.status_code = int(status)
        self.headers = tuple(headers)
        self.body = body
        self.head: bytes | None = None
        """Status and headers as they go out, if they are made."""

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Send it."""
        start_response(self.status, list(self.headers))
        return () if environ["REQUEST_METHOD"] == "HEAD" else (self.body,)


def _kept(make: Callable[[bytes], Answer]) -> Callable[[bytes], Answer]:
    """Keep the last answers whose bodies are small: a body has the same head each time."""
    keep = lru_cache(_KEPT_ANSWERS)(make)

    @wraps(make)
    def kept(body: bytes) -> Answer:
        return keep(body) if len(body) <= _KEPT_BYTES else make(body)

    return kept


def render(
    model: BaseModel,
    status: HTTPStatus = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Answer with a model as JSON."""
    return _with_body(encode(model), status, _JSON, *(headers or {}).items())


def render_created(body: bytes, location: str) -> Answer:
    """Answer with what is new as encoded JSON, and where it is."""
    return _ready(body, HTTPStatus.CREATED, _JSON, ("location", location))


@_kept
def render_json(body: bytes) -> Answer:
    """Answer with encoded JSON."""
    return _ready(body, HTTPStatus.OK, _JSON)


def render_cacheable(body: bytes) -> Answer:
    """Answer with encoded JSON and its ETag, or 304 when the client has it already."""
    given = if_none_match()
    if given is not None and is_unchanged(given, etag := etag_of(body)):
        return Answer(HTTPStatus.NOT_MODIFIED, [("etag", etag)])
    return _with_etag(body)


def render_problem(status: HTTPStatus, body: bytes, *headers: Header) -> Answer:
    """Answer with problem details."""
    return _with_body(body, status, _PROBLEM, *problem_headers(status).items(), *headers)


def render_nothing() -> Response:
    """Answer 204."""
    answer = Response(status=HTTPStatus.NO_CONTENT)
    del answer.headers["content-type"]  # which it would give an `Answer` too
    return answer


@_kept
def _with_etag(body: bytes) -> Answer:
    return _ready(body, HTTPStatus.OK, _JSON, ("etag", etag_of(body)))


def _with_body(body: bytes, status: HTTPStatus, *headers: Header) -> Answer:
    return Answer(status, [*headers, ("content-length", str(len(body)))], body)


def _ready(body: bytes, status: HTTPStatus, *headers: Header) -> Answer:
    """Return an answer with its head as it goes out; no header is about the connection.

    Raises:
        ValueError: a header would end its line, and begin something else.
    """
    answer = _with_body(body, status, *headers)
    lines = [f"{name}: {value}\r\n" for name, value in answer.headers]
    text = "".join(lines)
    if text.count("\n") != len(lines) or text.count("\r") != len(lines):
        raise ValueError("a header has a line break in it")
    answer.head = f"HTTP/1.1 {answer.status}\r\n{text}".encode("latin-1")
    return answer
