"""Limits requests per client, before hot routes and before the framework.

These classes are used where a limit is set; elsewhere no request is asked whether.
"""

from collections.abc import Callable, Iterable, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from flask_openapi3 import OpenAPI

from hotpath.blocking.rate_limit import RateLimiter
from hotpath.blocking.resources import Resources
from hotpath.http.rate_limit import Header, Verdict, is_exempt
from hotpath.observability.request_context import REQUEST
from hotpath.observability.requests import RequestRecord
from hotpath.wsgi.hot_routes import HotRoutes
from hotpath.wsgi.middleware import ROUTE
from hotpath.wsgi.responses import Response, render_problem

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


HEADERS = "hotpath.rate_limit_headers"
"""In the environment of a request that was counted and is left to the framework: headers to add."""

_CLOSE = ("connection", "close")
_READ_BY_SERVERS = 65_536
"""Bytes of a body that gunicorn reads if the application did not; past that it closes."""


class LimitedHotRoutes(HotRoutes):
    """Counts every request, refuses those beyond a limit, and handles those to hot routes."""

    def __init__(self, api: OpenAPI, resources: Resources, limiter: RateLimiter) -> None:
        super().__init__(api, resources)
        self._limiter = limiter

    def respond(self, environ: "WSGIEnvironment") -> Response | None:
        """Return the response, or None if the framework has to handle the request."""
        if is_exempt(environ["PATH_INFO"]):
            return super().respond(environ)
        verdict = self._limiter.hit(cast(RequestRecord, REQUEST.get()).client)
        if verdict is None:
            return super().respond(environ)
        if verdict.is_refused:
            return self._refuse(verdict, environ)
        response = super().respond(environ)
        if response is None:
            environ[HEADERS] = verdict.headers
            return None
        return _with_headers(response, verdict.headers)

    def _refuse(self, verdict: Verdict, environ: "WSGIEnvironment") -> Response:
        found = self.table.find(environ["REQUEST_METHOD"], environ["PATH_INFO"])
        if found is not None:
            environ[ROUTE] = found[0].template
        closing = () if _is_small(environ) else (_CLOSE,)
        headers = (*verdict.headers, *closing)
        return render_problem(HTTPStatus.TOO_MANY_REQUESTS, verdict.body, *headers)


class RateLimitMiddleware:
    """Adds the headers of a request that was counted to the framework's response."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Handle one request."""
        added: Sequence[Header] = environ.get(HEADERS, ())

        def start(status: str, headers: list[Header], error: Any = None) -> Callable[[bytes], Any]:
            return start_response(status, [*headers, *added], error)

        return self._app(environ, start)


def _is_small(environ: "WSGIEnvironment") -> bool:
    """Tell whether the server reads the rest of the body itself, so that the connection is kept."""
    size = environ.get("CONTENT_LENGTH") or "0"
    is_chunked = "HTTP_TRANSFER_ENCODING" in environ
    return not is_chunked and size.isdigit() and int(size) < _READ_BY_SERVERS


def _with_headers(response: Response, headers: Sequence[Header]) -> Response:
    """Return a copy: the response may be cached."""
    status = HTTPStatus(response.status_code)
    limited = Response(status, (*response.headers, *headers), response.body)
    if response.head is not None:
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
        limited.head = response.head + lines.encode()
    return limited
