"""Hot routes: answered before the framework's router, which takes longer than the work they do.

A hot endpoint is declared as every other, and called with what every other is given. What is not
plain, such as input that does not fit, is left to the framework: it makes the answer as without.
"""

from collections.abc import Iterable, Sequence

from fastapi import APIRouter, FastAPI, Request
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..resources import Resources
from .errors import answer_error
from .hot import is_hot
from .hot_input import Input, input_of
from .hot_table import HotTable, parameters_of


class HotRoutes:
    """Answers hot routes, and leaves the rest to the framework."""

    def __init__(self, api: FastAPI, routers: Iterable[APIRouter], max_body_bytes: int) -> None:
        self.api = api
        self._app: ASGIApp = api
        self._max_body_bytes = max_body_bytes
        self.table: HotTable[_HotRoute] = HotTable()
        for router in routers:
            for route in router.routes:
                assert isinstance(route, APIRoute)  # noqa: S101 - our routers have no other
                known = _HotRoute(route) if is_hot(route.endpoint) else None
                for method in route.methods or ():
                    self.table.add(method, route.path, known)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        route, values = self.table.find(scope["method"], scope["path"])
        if route is None:
            await self._app(scope, receive, send)
            return
        messages: Sequence[Message] = ()
        if route.input.has_body:
            messages = await self._body(scope, receive)
        resources: Resources = self.api.state.resources
        arguments = route.input.read(resources, scope, values, messages)
        if arguments is None:
            await self._app(scope, _replayed(messages, receive), send)
            return
        scope["route"] = route.declared
        try:
            answer = await route.endpoint(**arguments)
        except Exception as error:
            request = Request({**scope, "app": self.api}, receive)
            answer, is_known = await answer_error(request, error)
            await answer(scope, receive, send)
            if not is_known:
                raise
            return
        await answer(scope, receive, send)

    async def _body(self, scope: Scope, receive: Receive) -> Sequence[Message]:
        """Return the messages of a plain body; none if it is left to the framework."""
        headers = dict(scope["headers"])
        size = headers.get(b"content-length", b"")
        if headers.get(b"content-type") != b"application/json" or not size.isdigit():
            return ()
        if int(size) > self._max_body_bytes:
            return ()
        messages = [await receive()]
        while messages[-1].get("more_body"):
            messages.append(await receive())
        return messages


class _HotRoute:
    """What is known of a hot route before a request comes."""

    def __init__(self, route: APIRoute) -> None:
        if route.dependencies:
            raise ValueError(f"{route.path} has dependencies, which a hot route would not ask")
        self.declared = route
        self.endpoint = route.endpoint
        self.input: Input = input_of(route.endpoint, parameters_of(route.path))


def _replayed(messages: Sequence[Message], receive: Receive) -> Receive:
    """Return what gives the messages again, and then what comes after them."""
    left = list(messages)

    async def receive_again() -> Message:
        return left.pop(0) if left else await receive()

    return receive_again if left else receive
