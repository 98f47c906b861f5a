"""Routes as FastAPI knows them, whose input is read faster than FastAPI does it."""

import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, HTTPException
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match
from starlette.routing import Route as StarletteRoute
from starlette.types import Message, Receive, Scope, Send

from hotpath.asgi.bodies import RowsRoute
from hotpath.asgi.inputs import EndpointInputs, ParsedRequest, inputs_of
from hotpath.asgi.messages import RequestHead, by_name, replayed, route_path
from hotpath.http.documentation import summary_of
from hotpath.http.hot import parameters_of
from hotpath.http.rows import takes_rows

_INCLUDED = "fastapi"
"""In the scope if one router includes another, whose routes get a prefix and dependencies so."""


class Route(APIRoute):
    """Calls its endpoint directly with input that `inputs.py` reads; FastAPI handles the rest.

    FastAPI handles all requests if the endpoint takes, or returns, what only FastAPI can convert.
    What FastAPI runs around an endpoint, exit stacks and exception handlers, is around the whole
    application as well; here it runs once.
    """

    def __init__(self, path: str, endpoint: Any, **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self._inputs = None if self.dependencies else _inputs_of(endpoint, path)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether the route matches; one that does not is rejected sooner than by FastAPI."""
        is_own = scope["type"] == "http" and not scope.get("root_path") and _INCLUDED not in scope
        if is_own and self.path_regex.match(scope["path"]) is None:
            return Match.NONE, {}
        return super().matches(scope)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request to this route."""
        inputs = self._inputs
        if inputs is None or _INCLUDED in scope or scope["method"] not in (self.methods or ()):
            await super().handle(scope, receive, send)
            return
        headers = by_name(scope["headers"])
        body = b""
        if inputs.has_body and headers.get(b"content-type") == b"application/json":
            messages = await _read_messages(receive)
            body = b"".join(message.get("body", b"") for message in messages)
            receive = replayed(messages, receive)
        head = RequestHead(scope["method"], scope["path"], scope["query_string"], headers)
        values = list(scope["path_params"].values())
        request = ParsedRequest(scope["app"].state.resources, head, values, body)
        arguments = inputs.read(request)
        if arguments is None:
            await super().handle(scope, receive, send)
            return
        response = await self.endpoint(**arguments)
        await response(scope, receive, send)


class OtherMethods(StarletteRoute):
    """Responds 405 to the methods that a path without parameters does not have.

    Else a template with parameters that matches the path as well would respond to them, such as
    `/users/{user_id}` to `DELETE /users/stats`.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path, _NotAllowed(), include_in_schema=False)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether the path is this one."""
        if route_path(scope) != self.path:
            return Match.NONE, {}
        match, child_scope = super().matches(scope)
        return match, {**child_scope, "route": self}


class _NotAllowed:
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED)


def routes_of(routers: Iterable[APIRouter]) -> list[BaseRoute]:
    """Return the routes of routers, which match paths as those of the WSGI flavour do.

    The last route of a path without parameters is followed by `OtherMethods` if it needs them.
    """
    routes = [route for router in routers for route in router.routes]
    found: list[BaseRoute] = []
    for place, route in enumerate(routes):
        found.append(route)
        if isinstance(route, StarletteRoute):
            _match_to_the_end(route)
            if not route.param_convertors and _needs_other_methods(route, routes[place + 1 :]):
                found.append(OtherMethods(route.path))
    return found


def _match_to_the_end(route: StarletteRoute) -> None:
    """Let a path that ends in a line break match no more: `$` ignores it."""
    pattern = route.path_regex.pattern.removesuffix("$").removesuffix(r"\Z")
    route.path_regex = re.compile(rf"{pattern}\Z")


def _needs_other_methods(route: StarletteRoute, later: Iterable[BaseRoute]) -> bool:
    """Tell whether a later template matches its path as well, and none of them is its path."""
    others = [each for each in later if isinstance(each, StarletteRoute)]
    is_last = all(each.path != route.path for each in others)
    return is_last and any(each.path_regex.match(route.path) for each in others)


class Router(APIRouter):
    """A router of such routes; one whose `body` is a model of a list takes an array of rows.

    The name of an endpoint is its id in OpenAPI.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(
            route_class=Route, generate_unique_id_function=lambda route: route.name, **options
        )

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Add a route; the first line of the endpoint's docstring is its summary."""
        if takes_rows(endpoint):
            options["route_class_override"] = RowsRoute
        options["summary"] = options.get("summary") or summary_of(endpoint)
        super().add_api_route(path, endpoint, **options)


def _inputs_of(endpoint: Any, path: str) -> EndpointInputs | None:
    try:
        return inputs_of(endpoint, parameters_of(path))
    except ValueError:
        return None


async def _read_messages(receive: Receive) -> list[Message]:
    """Return all messages of a body; FastAPI gets them again if the input is invalid."""
    messages = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())
    return messages
