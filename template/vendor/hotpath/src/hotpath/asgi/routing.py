"""Routes as FastAPI knows them, whose plain requests are read faster than it reads them."""

from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Message, Receive, Scope, Send

from hotpath.asgi.inputs import Input, ParsedRequest, input_of
from hotpath.asgi.middleware import Head, first_of_each, replayed
from hotpath.http.hot import parameters_of

_INCLUDED = "fastapi"
"""In the scope where one router includes another, whose routes get a prefix and dependencies so."""


class Route(APIRoute):
    """Answers plain requests; what is not plain, such as bad input, is left to FastAPI.

    So is every request when the endpoint takes, or returns, what only FastAPI can make of it.
    What FastAPI has around an endpoint, stacks to leave and handlers of errors, is around the
    application as well: for plain ones once is enough.
    """

    def __init__(self, path: str, endpoint: Any, **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self._plain = None if self.dependencies else _input_of(endpoint, path)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Tell whether a request is for this route; that it is not, sooner than FastAPI does."""
        is_own = scope["type"] == "http" and not scope.get("root_path") and _INCLUDED not in scope
        if is_own and self.path_regex.match(scope["path"]) is None:
            return Match.NONE, {}
        return super().matches(scope)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request to this route."""
        plain = self._plain
        if plain is None or _INCLUDED in scope or scope["method"] not in (self.methods or ()):
            await super().handle(scope, receive, send)
            return
        headers = first_of_each(scope["headers"])
        body = b""
        if plain.has_body and headers.get(b"content-type") == b"application/json":
            messages = await _messages(receive)
            body = b"".join(message.get("body", b"") for message in messages)
            receive = replayed(messages, receive)
        head = Head(scope["method"], scope["path"], scope["query_string"], headers)
        values = list(scope["path_params"].values())
        asked = ParsedRequest(scope["app"].state.resources, head, values, body)
        arguments = plain.read(asked)
        if arguments is None:
            await super().handle(scope, receive, send)
            return
        response = await self.endpoint(**arguments)
        await response(scope, receive, send)


class Router(APIRouter):
    """A router of such routes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(route_class=Route, **options)


def _input_of(endpoint: Any, path: str) -> Input | None:
    try:
        return input_of(endpoint, parameters_of(path))
    except ValueError:
        return None


async def _messages(receive: Receive) -> list[Message]:
    """Return what comes of a body; FastAPI is given it again, and sees what is amiss."""
    messages = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())
    return messages
