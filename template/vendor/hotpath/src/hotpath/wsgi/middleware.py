"""The one layer around the whole application, in plain WSGI, so that streams stay streams."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from hotpath.observability.logs import REQUEST_ID, get_logger
from hotpath.observability.requests import RequestRecord, RequestRecorder

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


ROUTE = "app.route"
"""Where the framework leaves the template its router matched, such as `/users/{user_id}`."""

SEND_BUFFERED = "server.send_whole"
"""Where a server may leave what takes an answer that is there as a whole: a tuple of its status and
headers, each a line, and its body. It is sent as soon as the application has returned, which
returns nothing. Middleware that changes answers has to take it away."""

Header = tuple[str, str]
_Exception = tuple[type[BaseException], BaseException, TracebackType]

_OBSERVED = b"x-request-id: %b\r\nx-process-time: %.6f\r\nserver-timing: app;dur=%.3f\r\n"


class BufferedBody(Protocol):
    """An answer that is there as a whole."""

    status: str
    status_code: int
    headers: tuple[Header, ...]
    body: bytes

    head: bytes | None
    """Status and headers as they go out, with the length of the body; None if nobody made them."""


class HotRouter(Protocol):
    """What may answer before the application is asked."""

    def answer(self, environ: "WSGIEnvironment") -> BufferedBody | None:
        """Return the answer, or None when the application shall make it."""
        ...


class ObservabilityMiddleware:
    """Request id, timing headers, request metrics and access log."""

    def __init__(
        self, app: "WSGIApplication", shortcut: HotRouter, recorder: RequestRecorder
    ) -> None:
        self.app = app
        self.shortcut = shortcut
        self._recorder = recorder

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Observe one HTTP request until its last byte is out, or is there as a whole."""
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        seen = self._recorder.begin(method, path, environ.get("HTTP_X_REQUEST_ID"))
        token = REQUEST_ID.set(seen.request_id)
        try:
            answer = self.shortcut.answer(environ)
            if answer is None:
                return self._forward(seen, environ, start_response)
            body = _send(seen, answer, environ, start_response)
            self._recorder.end(seen, environ.get(ROUTE), is_complete=True)
            return body
        except BaseException:
            self._recorder.end(seen, environ.get(ROUTE), is_complete=False)
            raise
        finally:
            REQUEST_ID.reset(token)

    def _forward(
        self, seen: RequestRecord, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Let the application answer."""

        def start_observed(
            status: str, headers: list[Header], error: _Exception | Any = None
        ) -> Callable[[bytes], object]:
            return start_response(status, _observed(seen, status, headers), error)

        def finish(is_complete: bool) -> None:
            self._recorder.end(seen, environ.get(ROUTE), is_complete=is_complete)

        try:
            body = self.app(environ, start_observed)
        except Exception:
            get_logger().exception("request failed")
            raise
        return _Body(body, seen.request_id, finish)


def _send(
    seen: RequestRecord,
    answer: BufferedBody,
    environ: "WSGIEnvironment",
    start_response: "StartResponse",
) -> Iterable[bytes]:
    """Send an answer the shortest way the server knows; return what of it is left to send."""
    body = b"" if environ["REQUEST_METHOD"] == "HEAD" else answer.body
    send = environ.get(SEND_BUFFERED)
    if send is None or answer.head is None:
        start_response(answer.status, _observed(seen, answer.status, answer.headers))
        return (body,)
    seen.status = answer.status_code
    elapsed = seen.elapsed_s()
    values = seen.request_id.encode(), elapsed, elapsed * 1000
    send((answer.head + _OBSERVED % values, body))
    return ()


def _observed(seen: RequestRecord, status: str, headers: Sequence[Header]) -> list[Header]:
    """Return the headers with those of every answer; the time is that of the first byte out."""
    seen.status = int(status[:3])
    elapsed = seen.elapsed_s()
    return [
        *headers,
        ("x-request-id", seen.request_id),
        ("x-process-time", f"{elapsed:.6f}"),
        ("server-timing", f"app;dur={elapsed * 1000:.3f}"),
    ]


class _Body:
    """A body that says when it is closed, and whether it was taken to its end."""

    def __init__(
        self, body: Iterable[bytes], request_id: str, on_close: Callable[[bool], None]
    ) -> None:
        self._body = body
        self._request_id = request_id
        self._on_close = on_close
        self._is_complete = False

    def __iter__(self) -> Iterator[bytes]:
        token = REQUEST_ID.set(self._request_id)
        try:
            yield from self._body
        except Exception:
            get_logger().exception("request failed")
            raise
        finally:
            REQUEST_ID.reset(token)
        self._is_complete = True

    def close(self) -> None:
        close = getattr(self._body, "close", None)
        token = REQUEST_ID.set(self._request_id)
        try:
            if close is not None:
                close()
        finally:
            self._on_close(self._is_complete)
            REQUEST_ID.reset(token)
