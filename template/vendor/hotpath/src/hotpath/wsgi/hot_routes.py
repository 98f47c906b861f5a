"""Hot routes: answered before the framework's router, which takes longer than the work they do.

A hot endpoint is declared as every other, and called with what every other is given. What is not
plain, such as input that does not fit, is left to the framework: it makes the answer as without.
"""

import re
from collections.abc import Sequence
from http import HTTPStatus
from inspect import unwrap
from io import BytesIO
from typing import TYPE_CHECKING, Any

from flask_openapi3 import OpenAPI
from werkzeug.routing import Rule

from hotpath.blocking.resources import Resources
from hotpath.http.hot import Declared, HotTable, is_hot, not_a_response, parameters_of
from hotpath.wsgi.dependencies import CURRENT
from hotpath.wsgi.inputs import Input, input_of
from hotpath.wsgi.middleware import ROUTE
from hotpath.wsgi.responses import Answer

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


_CONVERTED = re.compile(r"<(\w+)[^:>]*:(\w+)>")


class HotRoutes:
    """Answers hot routes, and leaves the rest to the framework."""

    def __init__(self, api: OpenAPI, resources: Resources) -> None:
        self.api = api
        self._resources = resources
        self._max_body_bytes = resources.settings.server.max_body_bytes
        rules = api.url_map.iter_rules() if resources.settings.server.hot_routes else ()
        self.table = HotTable([_declared(api, rule) for rule in sorted(rules, key=_fixed_first)])

    def answer(self, environ: "WSGIEnvironment") -> Answer | None:
        """Return the answer, or None when the framework has to look at the request."""
        path = environ["PATH_INFO"]
        found = self.table.find(environ["REQUEST_METHOD"], path)
        if found is None or not path.isascii():  # how it is to be decoded, the framework knows
            return None
        token = CURRENT.set((self._resources, environ))
        try:
            return self._answer(*found, environ)
        except Exception as error:
            return self._failed(error, environ)
        finally:
            CURRENT.reset(token)

    def _answer(
        self, route: "_HotRoute", values: Sequence[str], environ: "WSGIEnvironment"
    ) -> Answer | None:
        body = self._body(environ) if route.input.has_body else b""
        arguments = route.input.read(environ, values, body)
        if arguments is None:
            return None
        environ[ROUTE] = route.template
        answer = route.endpoint(**arguments)
        if not isinstance(answer, Answer):
            raise not_a_response(route.endpoint, answer)
        return answer

    def _failed(self, error: Exception, environ: "WSGIEnvironment") -> Answer:
        """Return what the framework makes of an error."""
        with self.api.request_context(environ):
            found = self.api.make_response(self.api.handle_user_exception(error))
        return Answer(HTTPStatus(found.status_code), list(found.headers), found.get_data())

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
    """Return the template of a rule, spelled as OpenAPI does: `{name}` or `{name:converter}`."""
    return _CONVERTED.sub(r"{\2:\1}", rule.rule).replace("<", "{").replace(">", "}")


def _declared(api: OpenAPI, rule: Rule) -> Declared[_HotRoute]:
    endpoint = unwrap(api.view_functions[rule.endpoint])
    known = None
    if is_hot(endpoint):
        if api.before_request_funcs.get(rule.endpoint.rpartition(".")[0]):
            raise ValueError(f"{rule.rule} has a before_request, which a hot route would not call")
        known = _HotRoute(endpoint, template_of(rule))
    return Declared(rule.methods or (), template_of(rule), known)


def _fixed_first(rule: Rule) -> list[bool]:
    """Order rules as the router prefers them."""
    return [piece.startswith("<") for piece in rule.rule.split("/")]
