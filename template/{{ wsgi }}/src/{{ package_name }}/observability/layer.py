"""The one layer around the whole application, in plain WSGI, so that streams stay streams."""

from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any

from .logs import REQUEST_ID, get_logger
from .request import Observation, Recorder

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ROUTE = "app.route"
"""Where the framework leaves the template its router matched, such as `/users/{user_id}`."""

_Exception = tuple[type[BaseException], BaseException, TracebackType]


class ObservabilityLayer:
    """Request id, timing headers, request metrics and access log."""

    def __init__(self, app: "WSGIApplication", recorder: Recorder) -> None:
        self.app = app
        self._recorder = recorder

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Observe one HTTP request until its last byte is out."""
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        seen = self._recorder.begin(method, path, environ.get("HTTP_X_REQUEST_ID"))

        def start_observed(
            status: str, headers: list[tuple[str, str]], error: _Exception | Any = None
        ) -> Callable[[bytes], object]:
            seen.status = int(status[:3])
            elapsed = seen.elapsed_s()
            observed = [
                *headers,
                ("x-request-id", seen.request_id),
                ("x-process-time", f"{elapsed:.6f}"),
                ("server-timing", f"app;dur={elapsed * 1000:.3f}"),
            ]
            return start_response(status, observed, error)

        token = REQUEST_ID.set(seen.request_id)
        try:
            body = self.app(environ, start_observed)
        except Exception:
            get_logger().exception("request failed")
            seen.finish(environ.get(ROUTE), is_complete=False)
            raise
        finally:
            REQUEST_ID.reset(token)
        return _Body(body, seen, environ)


class _Body:
    """A body that says when it is closed, and whether it was taken to its end."""

    def __init__(
        self, body: Iterable[bytes], seen: Observation, environ: "WSGIEnvironment"
    ) -> None:
        self._body = body
        self._seen = seen
        self._environ = environ
        self._is_complete = False

    def __iter__(self) -> Iterator[bytes]:
        token = REQUEST_ID.set(self._seen.request_id)
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
        token = REQUEST_ID.set(self._seen.request_id)
        try:
            if close is not None:
                close()
        finally:
            self._seen.finish(self._environ.get(ROUTE), is_complete=self._is_complete)
            REQUEST_ID.reset(token)
