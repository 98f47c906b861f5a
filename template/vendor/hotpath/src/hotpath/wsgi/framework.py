"""Flask with as little around a handler as the handlers here need."""

from typing import Any

from flask import Response
from flask_openapi3 import OpenAPI

from hotpath.wsgi.responses import Answer


class Api(OpenAPI):
    """Sends an `Answer` as it is, unless an `after_request` function wants the framework's own.

    It would be run to be copied, and then run again; that takes a third of a light request.
    """

    def finalize_request(self, rv: Any, from_error_handler: bool = False) -> Any:
        """Return what is sent."""
        if isinstance(rv, Answer) and not self.after_request_funcs:
            return rv
        response: Response = super().finalize_request(rv, from_error_handler)
        return response
