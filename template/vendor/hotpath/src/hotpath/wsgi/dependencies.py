"""What endpoints use besides their arguments."""

from collections.abc import Iterable
from contextvars import ContextVar
from typing import TYPE_CHECKING

from hotpath.blocking.resources import Resources

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


CURRENT: ContextVar[tuple[Resources, "WSGIEnvironment"]] = ContextVar("current_request")
"""Set while a request is handled, with the framework or without it."""


def get_resources() -> Resources:
    """Return the resources of this process, while a request is handled."""
    return CURRENT.get()[0]


def if_none_match() -> str | None:
    """Return the ETags of the client's copies."""
    value: str | None = CURRENT.get()[1].get("HTTP_IF_NONE_MATCH")
    return value


class ResourcesMiddleware:
    """Makes the resources available to the framework's endpoints."""

    def __init__(self, app: "WSGIApplication", resources: Resources) -> None:
        self._app = app
        self._resources = resources

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Handle one request."""
        token = CURRENT.set((self._resources, environ))
        try:
            return self._app(environ, start_response)
        finally:
            CURRENT.reset(token)
