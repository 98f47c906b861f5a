"""The middleware around the whole application, in pure WSGI, so that streams stay streams."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from http import HTTPStatus
from io import BufferedReader
from math import inf
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from hotpath.http.cors import Cors
from hotpath.http.deadlines import HEADER, INVALID, InvalidTimeout, timeout_of
from hotpath.http.paths import without_root
from hotpath.http.problems import MEDIA_TYPE, problem
from hotpath.observability.client_address import (
    UNIX_PEER,
    TrustedProxies,
    forwarded_scheme,
)
from hotpath.observability.logs import get_logger
from hotpath.observability.request_context import REQUEST
from hotpath.observability.requests import RequestRecord, RequestRecorder, server_timing, timing_of
from hotpath.observability.tracing import Header as TracedHeader
from hotpath.settings import ServerSettings
from hotpath.wsgi.watched_body import WatchedBody

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


TIMEOUT = f"HTTP_{HEADER.upper().replace('-', '_')}"
_LONG_BODY = 65_536
"""Bytes of a body past which it is received while it is read."""

TOLD = "hotpath.told"
"""In the environment: statuses that the server told the client by itself, before the response."""

ROUTE = "app.route"
"""In the environment: the template that the router matched, such as `/users/{user_id}`."""

SEND_BUFFERED = "hotpath.send_buffered"
"""In the environment: a function of the server that takes a response whose body is in memory, as a
tuple of its encoded head and its body. The response is sent as soon as the application has returned
an empty iterable. Middleware that changes responses has to delete it."""

Header = tuple[str, str]
ExcInfo = tuple[type[BaseException], BaseException, TracebackType]

_OBSERVED = b"x-request-id: %b\r\nx-process-time: %.6f\r\nserver-timing: app;dur=%.3f%b\r\n"


class BufferedBody(Protocol):
    """A response whose body is in memory."""

    status: str
    status_code: int
    headers: tuple[Header, ...]
    body: bytes

    head: bytes | None
    """Status and headers as they are sent, with the length of the body; None if not encoded."""


class HotRouter(Protocol):
    """Handles the requests that need no framework."""

    def respond(self, environ: "WSGIEnvironment") -> BufferedBody | None:
        """Return the response, or None if the framework has to handle the request."""
        ...


class ObservabilityMiddleware:
    """Request id, timing headers, request metrics and access log; hot routes before `app`."""

    def __init__(
        self,
        app: "WSGIApplication",
        hot_routes: HotRouter,
        recorder: RequestRecorder,
        server: ServerSettings | None = None,
    ) -> None:
        self._timeout_s = inf if server is None else server.request_timeout_s
        self._root_path = "" if server is None else server.root_path
        self._cors = None if server is None else Cors.of(server)
        self.app = app
        self.hot_routes = hot_routes
        self.first: HotRouter = hot_routes
        """What responds before the framework, if it can."""
        self._recorder = recorder

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Observe one HTTP request until its last byte is sent, or its response is in memory."""
        if self._root_path:
            _take_off(environ, self._root_path)
        if self._cors is not None:
            added = self._cors.headers(environ.get("HTTP_ORIGIN"))
            start_response = _adding(added, environ, start_response)
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        client = environ.get("REMOTE_ADDR") or UNIX_PEER
        recorder = self._recorder
        if recorder.proxies is not None:
            client = _forwarded(environ, client, recorder.proxies)
        record = recorder.begin(method, path, environ.get("HTTP_X_REQUEST_ID"), client)
        if recorder.tracer is not None:
            recorder.tracer.start(record, header_of(environ))
        token = REQUEST.set(record)
        span = None if record.trace is None else record.trace.attach()
        try:
            record.deadline = self._deadline(record, environ)
            response = self.first.respond(environ)
            if response is None:
                return self._forward(record, environ, start_response)
            body = _send(record, response, environ, start_response)
            self._end(record, environ, is_complete=True)
            return body
        except InvalidTimeout:
            refusal = _refuse(record, start_response, *INVALID)
            self._recorder.end(record, None, is_complete=True)
            return refusal
        except BaseException:
            self._end(record, environ, is_complete=False)
            raise
        finally:
            if record.trace is not None:
                record.trace.detach(span)
            REQUEST.reset(token)

    def _end(self, record: RequestRecord, environ: "WSGIEnvironment", *, is_complete: bool) -> None:
        told = environ.get(TOLD)
        if told:
            record.status = told[0]
        self._recorder.end(record, environ.get(ROUTE), is_complete=is_complete)

    def _deadline(self, record: RequestRecord, environ: "WSGIEnvironment") -> float | None:
        """Return when blocking calls give up; None until a long body has been received."""
        timeout_s = timeout_of(record.path, environ.get(TIMEOUT), self._timeout_s)
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length <= _LONG_BODY and "HTTP_TRANSFER_ENCODING" not in environ:
            return record.started + timeout_s

        def start() -> None:
            record.deadline = record.started + record.elapsed_s() + timeout_s

        body = WatchedBody(environ["wsgi.input"], length or None, start)
        environ["wsgi.input"] = BufferedReader(body, _LONG_BODY)
        return None

    def _forward(
        self, record: RequestRecord, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Let the framework handle the request."""

        def start_observed(
            status: str, headers: list[Header], error: ExcInfo | Any = None
        ) -> Callable[[bytes], object]:
            return start_response(status, _observed(record, status, headers), error)

        def finish(is_complete: bool) -> None:
            self._end(record, environ, is_complete=is_complete)

        try:
            body = self.app(environ, start_observed)
        except Exception:
            get_logger().exception("request failed")
            raise
        return _Body(body, record, finish)


def _take_off(environ: "WSGIEnvironment", root_path: str) -> None:
    """Take the path under which a proxy has the service off that of a request."""
    if not environ.get("SCRIPT_NAME"):  # else the server did
        environ["SCRIPT_NAME"] = root_path
        environ["PATH_INFO"] = without_root(environ.get("PATH_INFO", ""), root_path)


def _forwarded(environ: "WSGIEnvironment", peer: str, proxies: TrustedProxies) -> str:
    """Return the client, and note it and the scheme, as trusted proxies tell of them."""
    client = proxies.client(peer, environ.get("HTTP_X_FORWARDED_FOR", ""))
    if proxies.trusts(peer):
        proto = environ.get("HTTP_X_FORWARDED_PROTO", "")
        environ["REMOTE_ADDR"] = client
        environ["wsgi.url_scheme"] = forwarded_scheme(proto, environ["wsgi.url_scheme"])
    return client


def _adding(
    added: tuple[Header, ...], environ: "WSGIEnvironment", start_response: "StartResponse"
) -> "StartResponse":
    """Return a `start_response` that adds headers, and have the server's fast way add them too."""
    send = environ.get(SEND_BUFFERED)
    if send is not None:
        lines = "".join(f"{name}: {text}\r\n" for name, text in added).encode()
        environ[SEND_BUFFERED] = lambda whole: send((whole[0] + lines, whole[1]))

    def start(status: str, headers: list[Header], error: ExcInfo | Any = None) -> Any:
        return start_response(status, [*headers, *added], error)

    return start


def _send(
    record: RequestRecord,
    response: BufferedBody,
    environ: "WSGIEnvironment",
    start_response: "StartResponse",
) -> Iterable[bytes]:
    """Send a response by the fastest way of the server; return what is left to send."""
    body = b"" if environ["REQUEST_METHOD"] == "HEAD" else response.body
    send = environ.get(SEND_BUFFERED)
    if send is None or response.head is None:
        start_response(response.status, _observed(record, response.status, response.headers))
        return (body,)
    record.status = response.status_code
    elapsed = record.elapsed_s()
    waited = b"" if record.waits is None else timing_of(record.waits)
    values = record.request_id.encode(), elapsed, elapsed * 1000, waited
    send((response.head + _OBSERVED % values, body))
    return ()


def _refuse(
    record: RequestRecord, start_response: "StartResponse", status: HTTPStatus, detail: str
) -> Iterable[bytes]:
    """Respond with a problem that no framework has seen."""
    body = problem(status, detail)
    line = f"{status.value} {status.phrase}"
    headers = [("content-type", MEDIA_TYPE), ("content-length", str(len(body)))]
    start_response(line, _observed(record, line, headers))
    return (body,)


def _observed(record: RequestRecord, status: str, headers: Sequence[Header]) -> list[Header]:
    """Return the headers with those of every response; the time is that of the first byte out."""
    record.status = int(status[:3])
    elapsed = record.elapsed_s()
    return [
        *headers,
        ("x-request-id", record.request_id),
        ("x-process-time", f"{elapsed:.6f}"),
        ("server-timing", server_timing(record, elapsed)),
    ]


def header_of(environ: "WSGIEnvironment") -> TracedHeader:
    """Return a function that returns a header, as text."""
    return lambda name: environ.get(f"HTTP_{name.upper().replace('-', '_')}")


class _Body:
    """A body that reports when it is closed, and whether it was sent completely."""

    def __init__(
        self, body: Iterable[bytes], record: RequestRecord, on_close: Callable[[bool], None]
    ) -> None:
        self._body = body
        self._record = record
        self._on_close = on_close
        self._is_complete = False

    def __iter__(self) -> Iterator[bytes]:
        trace = self._record.trace
        token = REQUEST.set(self._record)
        span = None if trace is None else trace.attach()
        try:
            yield from self._body
        except Exception:
            get_logger().exception("request failed")
            raise
        finally:
            if trace is not None:
                trace.detach(span)
            REQUEST.reset(token)
        self._is_complete = True

    def close(self) -> None:
        close = getattr(self._body, "close", None)
        token = REQUEST.set(self._record)
        try:
            if close is not None:
                close()
        finally:
            self._on_close(self._is_complete)
            REQUEST.reset(token)
