"""Hot routes: answered before the framework's router, which takes longer than the work they do.

A hot endpoint is declared as every other, and called with what every other is given. What is not
plain, such as input that does not fit, is left to the framework: it makes the answer as without.
"""

from collections.abc import Iterable
from inspect import unwrap
from io import BytesIO
from typing import TYPE_CHECKING, Any

from flask_openapi3 import OpenAPI
from werkzeug.routing import Rule

from ..observability.layer import ROUTE
from ..resources import Resources
from .context import CURRENT
from .hot import is_hot
from .hot_input import Input, input_of
from .hot_table import HotTable, parameters_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class HotRoutes:
    """Answers hot routes, and leaves the rest to the framework."""

    def __init__(self, api: OpenAPI, resources: Resources) -> None:
        self.api = api
        self._app: WSGIApplication = api.wsgi_app
        self._resources = resources
        self._max_body_bytes = resources.settings.server.max_body_bytes
        self.table: HotTable[_HotRoute] = HotTable()
        if resources.settings.server.hot_routes:
            for rule in sorted(api.url_map.iter_rules(), key=_fixed_first):
                known = _hot_route(api, rule)
                for method in rule.methods or ():
                    self.table.add(method, template_of(rule), known)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        token = CURRENT.set((self._resources, environ))
        try:
            route, values = self.table.find(environ["REQUEST_METHOD"], environ["PATH_INFO"])
            answer = None if route is None else self._answer(route, values, environ)
            return (self._app if answer is None else answer)(environ, start_response)
        finally:
            CURRENT.reset(token)

    def _answer(
        self, route: "_HotRoute", values: list[str], environ: "WSGIEnvironment"
    ) -> "WSGIApplication | None":
        """Return the answer, or None when the framework has to look at the request."""
        try:
            body = self._body(environ) if route.input.has_body else b""
            arguments = route.input.read(environ, values, body)
            if arguments is None:
                return None
            environ[ROUTE] = route.template
            answer: WSGIApplication = route.endpoint(**arguments)
        except Exception as error:
            with self.api.request_context(environ):
                found = self.api.handle_user_exception(error)
                return self.api.make_response(found)
        return answer

    def _body(self, environ: "WSGIEnvironment") -> bytes:
        """Return a plain body, and leave it to be read again; b"" if it is not plain."""
        size = environ.get("CONTENT_LENGTH", "")
        is_json = environ.get("CONTENT_TYPE") == "application/json"
        if not is_json or not size.isdigit() or int(size) > self._max_body_bytes:
            return b""
        body: bytes = environ["wsgi.input"].read(int(size))
        environ["wsgi.input"] = BytesIO(body)
        return body


class _HotRoute:
    """What is known of a hot route before a request comes."""

    def __init__(self, endpoint: Any, template: str) -> None:
        self.endpoint = endpoint
        self.template = template
        self.input: Input = input_of(endpoint, parameters_of(template))


def template_of(rule: Rule) -> str:
    """Return the template of a rule, spelled as OpenAPI does."""
    return rule.rule.replace("<", "{").replace(">", "}")


def _hot_route(api: OpenAPI, rule: Rule) -> _HotRoute | None:
    endpoint = unwrap(api.view_functions[rule.endpoint])
    if not is_hot(endpoint):
        return None
    if api.before_request_funcs.get(rule.endpoint.rpartition(".")[0]):
        raise ValueError(f"{rule.rule} has a before_request, which a hot route would not call")
    return _HotRoute(endpoint, template_of(rule))


def _fixed_first(rule: Rule) -> list[bool]:
    """Order rules as the router prefers them."""
    return [piece.startswith("<") for piece in rule.rule.split("/")]
