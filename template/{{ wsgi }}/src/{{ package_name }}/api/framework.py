"""Flask with as little around a handler as the handlers here need."""

from typing import Any

from flask import Flask, Request, Response
from flask.sessions import NullSession, SessionInterface
from flask_openapi3 import OpenAPI

from .render import Answer

_NO_SESSION = NullSession()


class _NoSessions(SessionInterface):
    """Opens nothing: clients are told apart by what they send, never by a cookie."""

    def open_session(self, app: Flask, request: Request) -> NullSession:
        return _NO_SESSION


class Api(OpenAPI):
    """Sends an `Answer` as it is, unless an `after_request` function wants the framework's own."""

    session_interface = _NoSessions()

    def finalize_request(self, rv: Any, from_error_handler: bool = False) -> Any:
        """Return what is sent."""
        if isinstance(rv, Answer) and not self.after_request_funcs:
            return rv
        response: Response = super().finalize_request(rv, from_error_handler)
        return response
