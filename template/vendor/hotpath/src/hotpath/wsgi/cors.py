"""CORS in WSGI; used where an origin is set, elsewhere no request is asked for its."""

from typing import TYPE_CHECKING

from hotpath.http.cors import Cors
from hotpath.wsgi.middleware import BufferedBody, HotRouter
from hotpath.wsgi.responses import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_METHOD = "HTTP_ACCESS_CONTROL_REQUEST_METHOD"
_HEADERS = "HTTP_ACCESS_CONTROL_REQUEST_HEADERS"


class PreflightRoutes:
    """Responds to preflight requests, of any path, before hot routes and the framework."""

    def __init__(self, hot_routes: HotRouter, cors: Cors) -> None:
        self._hot_routes = hot_routes
        self._cors = cors

    def respond(self, environ: "WSGIEnvironment") -> BufferedBody | None:
        """Return the response, or None if the framework has to handle the request."""
        is_options = environ["REQUEST_METHOD"] == "OPTIONS"
        if not is_options or "HTTP_ORIGIN" not in environ or _METHOD not in environ:
            return self._hot_routes.respond(environ)
        answer = self._cors.preflight(environ["HTTP_ORIGIN"], environ.get(_HEADERS))
        return Response(answer.status, answer.headers, answer.body)
