"""The one layer around the whole application, in plain WSGI, so that streams stay streams."""

from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any

from .logs import bound_to_request, get_logger
from .metrics import Metrics
from .request import Observation, accepted_request_id
from .settings import LogSettings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ROUTE = "app.route"
"""Where the framework leaves the template its router matched, such as `/users/{user_id}`."""

_Exception = tuple[type[BaseException], BaseException, TracebackType]


class ObservabilityLayer:
    """Request id, timing headers, request metrics and access log."""

    def __init__(self, app: "WSGIApplication", metrics: Metrics, settings: LogSettings) -> None:
        self.app = app
        self._metrics = metrics
        self._settings = settings

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Observe one HTTP request until its last byte is out."""
        request_id = accepted_request_id(environ.get("HTTP_X_REQUEST_ID"))
        seen = Observation(
            self._metrics,
            self._settings,
            environ["REQUEST_METHOD"],
            environ.get("PATH_INFO", ""),
        )

        def start_observed(
            status: str, headers: list[tuple[str, str]], error: _Exception | Any = None
        ) -> Callable[[bytes], object]:
            seen.status = int(status[:3])
            return start_response(status, [*headers, *seen.headers(request_id)], error)

        return self._answer(environ, start_observed, seen, request_id)

    def _answer(
        self,
        environ: "WSGIEnvironment",
        start_response: "StartResponse",
        seen: Observation,
        request_id: str,
    ) -> Iterable[bytes]:
        with bound_to_request(request_id=request_id):
            try:
                body = self.app(environ, start_response)
            except Exception:
                get_logger().exception("request failed")
                seen.finish(environ.get(ROUTE), is_complete=False)
                raise

        def finish(is_complete: bool) -> None:
            seen.finish(environ.get(ROUTE), is_complete=is_complete)

        return _Body(body, request_id, finish)


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
        with bound_to_request(request_id=self._request_id):
            try:
                yield from self._body
            except Exception:
                get_logger().exception("request failed")
                raise
        self._is_complete = True

    def close(self) -> None:
        close = getattr(self._body, "close", None)
        with bound_to_request(request_id=self._request_id):
            try:
                if close is not None:
                    close()
            finally:
                self._on_close(self._is_complete)
