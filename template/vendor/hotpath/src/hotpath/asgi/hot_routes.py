"""Hot routes: handled before the framework's router, which takes longer than their endpoints.

A hot endpoint is declared like any other and called with the same arguments. Requests that
`inputs.py` cannot read, such as those with invalid input, are handled by the framework.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.routing import APIRoute

from hotpath.aio.resources import Resources
from hotpath.asgi.errors import ErrorHandlers
from hotpath.asgi.inputs import EndpointInputs, ParsedRequest, inputs_of
from hotpath.asgi.messages import EndpointCall, RequestHead
from hotpath.asgi.responses import Response
from hotpath.http.hot import DeclaredRoute, HotTable, is_hot, not_a_response, parameters_of
from hotpath.observability.logs import get_logger


class HotRoutes:
    """The hot routes of an API; `table.hot` lists them as method and template."""

    def __init__(
        self,
        api: FastAPI,
        routers: Iterable[APIRouter],
        max_body_bytes: int,
        error_handlers: ErrorHandlers,
    ) -> None:
        self.api = api
        self.error_handlers = error_handlers
        self._max_body_bytes = max_body_bytes
        routes = [route for router in routers for route in router.routes]
        self.table = HotTable(
            [self._declared(route) for route in routes if isinstance(route, APIRoute)]
        )
        self.is_empty = not self.table.hot

    def find(self, head: RequestHead) -> EndpointCall | None:
        """Return the call for a request, or None if the framework has to handle it."""
        found = self.table.find(head.method, head.path)
        if found is None:
            return None
        route, values = found
        if route.inputs.has_body and not self._is_readable(head.headers):
            return None
        return HotCall(route, self._resources, head, values)

    def _is_readable(self, headers: Mapping[bytes, bytes]) -> bool:
        """Tell whether the body is JSON with a content-length within the limit."""
        size = headers.get(b"content-length", b"")
        is_json = headers.get(b"content-type") == b"application/json"
        return is_json and size.isdigit() and int(size) <= self._max_body_bytes

    @cached_property
    def _resources(self) -> Resources:
        """Opened before the first request."""
        resources: Resources = self.api.state.resources
        return resources

    def _declared(self, route: APIRoute) -> "DeclaredRoute[_HotRoute]":
        hot = _HotRoute(self, route) if is_hot(route.endpoint) else None
        return DeclaredRoute(route.methods or (), route.path, hot)


class HotCall(ParsedRequest):
    """One request to a hot route."""

    __slots__ = ("_arguments", "_route", "has_body", "template")

    def __init__(
        self, route: "_HotRoute", resources: Resources, head: RequestHead, values: Sequence[str]
    ) -> None:
        self.resources = resources  # set here: a call of super() costs 0.1 µs
        self.head = head
        self.values = values
        self._route = route
        self.template = route.template
        self.has_body = route.inputs.has_body

    def accepts(self, body: bytes) -> bool:
        """Read the input; return False if the framework has to handle the request."""
        self.body = body
        arguments = self._route.inputs.read(self)
        if arguments is None:
            return False
        self._arguments = arguments
        return True

    async def respond(self) -> Response:
        """Call the endpoint with the input that was accepted."""
        try:
            response = await self._route.endpoint(**self._arguments)
            if not isinstance(response, Response):
                raise not_a_response(self._route.endpoint, response)
            return response
        except Exception as error:
            return await self._route.respond_to_error(self.head.path, error)


class _HotRoute:
    """What is known of a hot route before requests come."""

    def __init__(self, routes: HotRoutes, route: APIRoute) -> None:
        if route.dependencies:
            raise ValueError(f"{route.path} has dependencies, which a hot route would not call")
        self._routes = routes
        self.template = route.path
        self.endpoint: Any = route.endpoint
        self.inputs: EndpointInputs = inputs_of(route.endpoint, parameters_of(route.path))

    async def respond_to_error(self, path: str, error: Exception) -> Response:
        """Return what the framework would respond with."""
        request = Request({"type": "http", "path": path, "app": self._routes.api})
        response, is_expected = await self._routes.error_handlers.respond(request, error)
        if not is_expected:
            get_logger().exception("request failed")
        return response
