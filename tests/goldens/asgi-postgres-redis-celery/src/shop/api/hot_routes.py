"""Hot routes: answered before the framework's router, which takes longer than the work they do.

A hot endpoint is declared as every other, and called with what every other is given. What is not
plain, such as input that does not fit, is left to the framework: it makes the answer as without.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.types import Message, Receive, Scope

from ..observability.logs import get_logger
from ..resources import Resources
from .errors import answer_error
from .hot import is_hot
from .hot_input import Input, input_of
from .hot_table import Declared, HotTable, parameters_of


class HotRoutes:
    """Answers hot routes, and leaves the rest to the framework."""

    def __init__(self, api: FastAPI, routers: Iterable[APIRouter], max_body_bytes: int) -> None:
        self.api = api
        self._max_body_bytes = max_body_bytes
        declared = [route for router in routers for route in router.routes]
        self.table = HotTable(
            [_declared(route) for route in declared if isinstance(route, APIRoute)]
        )

    async def answer(self, scope: Scope, receive: Receive) -> tuple[Response | None, Receive]:
        """Return the answer, or None and what the framework shall receive from."""
        found = self.table.find(scope["method"], scope["path"])
        if found is None:
            return None, receive
        route, values = found
        messages: Sequence[Message] = ()
        if route.input.has_body:
            messages = await self._body(scope, receive)
        arguments = route.input.read(self._resources, scope, values, messages)
        if arguments is None:
            return None, _replayed(messages, receive)
        scope["route"] = route.declared
        try:
            return await route.endpoint(**arguments), receive
        except Exception as error:
            answer, is_expected = await answer_error(Request({**scope, "app": self.api}), error)
            if not is_expected:
                get_logger().exception("request failed")
            return answer, receive

    @cached_property
    def _resources(self) -> Resources:
        """Opened before the first request."""
        resources: Resources = self.api.state.resources
        return resources

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


def _declared(route: APIRoute) -> Declared[_HotRoute]:
    known = _HotRoute(route) if is_hot(route.endpoint) else None
    return Declared(route.methods or (), route.path, known)


def _replayed(messages: Sequence[Message], receive: Receive) -> Receive:
    """Return what gives the messages again, and then what comes after them."""
    left = list(messages)

    async def receive_again() -> Message:
        return left.pop(0) if left else await receive()

    return receive_again if left else receive
