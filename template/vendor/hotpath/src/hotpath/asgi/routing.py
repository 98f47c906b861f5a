"""Routes as FastAPI knows them, whose input is read faster than FastAPI does it."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Message, Receive, Scope, Send

from hotpath.asgi.bodies import RowsRoute
from hotpath.asgi.inputs import EndpointInputs, ParsedRequest, inputs_of
from hotpath.asgi.middleware import RequestHead, first_of_each, replayed
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
        headers = first_of_each(scope["headers"])
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


class Router(APIRouter):
    """A router of such routes; one whose `body` is a model of a list takes an array of rows.

    The name of an endpoint is its id in OpenAPI.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(
            route_class=Route, generate_unique_id_function=lambda route: route.name, **options
        )

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Add a route."""
        if takes_rows(endpoint):
            options["route_class_override"] = RowsRoute
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
