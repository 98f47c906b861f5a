"""Hot routes: handled before the framework's router, which takes longer than their endpoints.

A hot endpoint is declared like any other and called with the same arguments. Requests that
`inputs.py` cannot read, such as those with invalid input, are handled by the framework.
"""

import re
from collections.abc import Sequence
from http import HTTPStatus
from inspect import unwrap
from io import BytesIO
from typing import TYPE_CHECKING, Any

from flask import Flask
from flask_openapi3 import OpenAPI
from werkzeug.routing import Rule

from hotpath.blocking.resources import Resources
from hotpath.http.hot import DeclaredRoute, HotTable, is_hot, not_a_response, parameters_of
from hotpath.http.paths import DeclaredPath
from hotpath.wsgi.dependencies import CURRENT
from hotpath.wsgi.inputs import EndpointInputs, inputs_of
from hotpath.wsgi.middleware import ROUTE
from hotpath.wsgi.responses import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


_CONVERTED = re.compile(r"<(\w+)[^:>]*:(\w+)>")


class HotRoutes:
    """The hot routes of an API; `table.hot` lists them as method and template."""

    def __init__(self, api: OpenAPI, resources: Resources) -> None:
        self.api = api
        self._resources = resources
        self._max_body_bytes = resources.settings.server.max_body_bytes
        rules = api.url_map.iter_rules() if resources.settings.server.hot_routes else ()
        self.table = HotTable([_declared(api, rule) for rule in sorted(rules, key=_fixed_first)])

    def respond(self, environ: "WSGIEnvironment") -> Response | None:
        """Return the response, or None if the framework has to handle the request."""
        path = environ["PATH_INFO"]
        found = self.table.find(environ["REQUEST_METHOD"], path)
        if found is None or not path.isascii():  # the framework knows how to decode it
            return None
        token = CURRENT.set((self._resources, environ))
        try:
            return self._respond(*found, environ)
        except Exception as error:
            return self._respond_to_error(error, environ)
        finally:
            CURRENT.reset(token)

    def _respond(
        self, route: "_HotRoute", values: Sequence[str], environ: "WSGIEnvironment"
    ) -> Response | None:
        environ[ROUTE] = route.template
        body = self._read_body(environ) if route.inputs.has_body else b""
        arguments = route.inputs.read(environ, values, body)
        if arguments is None:
            return None
        response = route.endpoint(**arguments)
        if not isinstance(response, Response):
            raise not_a_response(route.endpoint, response)
        return response

    def _respond_to_error(self, error: Exception, environ: "WSGIEnvironment") -> Response:
        """Return what the framework would respond with."""
        with self.api.request_context(environ):
            made = self.api.make_response(self.api.handle_user_exception(error))
        return Response(HTTPStatus(made.status_code), list(made.headers), made.get_data())

    def _read_body(self, environ: "WSGIEnvironment") -> bytes:
        """Return a body of JSON with a content-length within the limit, else nothing.

        What was read can be read again by the framework.
        """
        size = environ.get("CONTENT_LENGTH", "")
        is_json = environ.get("CONTENT_TYPE") == "application/json"
        if not is_json or not size.isdigit() or int(size) > self._max_body_bytes:
            return b""
        body: bytes = environ["wsgi.input"].read(int(size))
        environ["wsgi.input"] = BytesIO(body)
        return body


class _HotRoute:
    """What is known of a hot route before requests come."""

    def __init__(self, endpoint: Any, template: str) -> None:
        self.endpoint = endpoint
        self.template = template
        self.inputs: EndpointInputs = inputs_of(endpoint, parameters_of(template))


def template_of(rule: Rule) -> str:
    """Return the template of a rule, spelled as OpenAPI does: `{name}` or `{name:converter}`."""
    return _CONVERTED.sub(r"{\2:\1}", rule.rule).replace("<", "{").replace(">", "}")


def declared_paths(api: Flask) -> list[DeclaredPath]:
    """Return methods and template of all routes."""
    return [(rule.methods or (), template_of(rule)) for rule in api.url_map.iter_rules()]


def _declared(api: OpenAPI, rule: Rule) -> DeclaredRoute[_HotRoute]:
    endpoint = unwrap(api.view_functions[rule.endpoint])
    hot = None
    if is_hot(endpoint):
        if api.before_request_funcs.get(rule.endpoint.rpartition(".")[0]):
            raise ValueError(f"{rule.rule} has a before_request, which a hot route would not call")
        hot = _HotRoute(endpoint, template_of(rule))
    return DeclaredRoute(rule.methods or (), template_of(rule), hot)


def _fixed_first(rule: Rule) -> list[bool]:
    """Sort rules as the framework's router prefers them."""
    return [piece.startswith("<") for piece in rule.rule.split("/")]
