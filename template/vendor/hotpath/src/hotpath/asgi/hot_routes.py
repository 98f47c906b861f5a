"""Hot routes: answered before the framework's router, which takes longer than the work they do.

A hot endpoint is declared as every other, and called with what every other is given. What is not
plain, such as input that does not fit, is left to the framework: it makes the answer as without.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.routing import APIRoute

from hotpath.aio.resources import Resources
from hotpath.asgi.errors import answer_error
from hotpath.asgi.inputs import Input, ParsedRequest, input_of
from hotpath.asgi.middleware import Head
from hotpath.asgi.responses import Answer
from hotpath.http.hot import Declared, HotTable, is_hot, not_a_response, parameters_of
from hotpath.observability.logs import get_logger


class HotRoutes:
    """Answers hot routes, and leaves the rest to the framework."""

    def __init__(self, api: FastAPI, routers: Iterable[APIRouter], max_body_bytes: int) -> None:
        self.api = api
        self._max_body_bytes = max_body_bytes
        declared = [route for router in routers for route in router.routes]
        self.table = HotTable(
            [_declared(api, route) for route in declared if isinstance(route, APIRoute)]
        )
        self.is_empty = not self.table.hot

    def find(self, head: Head) -> "HotCall | None":
        """Return the call that answers a request, or None if the framework does."""
        found = self.table.find(head.method, head.path)
        if found is None:
            return None
        route, values = found
        if route.input.has_body and not self._is_plain(head.headers):
            return None
        return HotCall(route, self._resources, head, values)

    def _is_plain(self, headers: Mapping[bytes, bytes]) -> bool:
        """Tell whether the body is JSON of a length that is said and small enough."""
        size = headers.get(b"content-length", b"")
        is_json = headers.get(b"content-type") == b"application/json"
        return is_json and size.isdigit() and int(size) <= self._max_body_bytes

    @cached_property
    def _resources(self) -> Resources:
        """Opened before the first request."""
        resources: Resources = self.api.state.resources
        return resources


class HotCall(ParsedRequest):
    """One request to a hot route."""

    __slots__ = ("_arguments", "_route", "has_body", "template")

    def __init__(
        self, route: "_HotRoute", resources: Resources, head: Head, values: Sequence[str]
    ) -> None:
        self.resources = resources  # all here: each call of another costs 0.1 µs
        self.head = head
        self.values = values
        self._route = route
        self.template = route.template
        self.has_body = route.input.has_body

    def accepts(self, body: bytes) -> bool:
        """Read the input; return False when the framework has to look at it."""
        self.body = body
        arguments = self._route.input.read(self)
        if arguments is None:
            return False
        self._arguments = arguments
        return True

    async def answer(self) -> Answer:
        """Return the answer to what was accepted."""
        try:
            answer = await self._route.endpoint(**self._arguments)
            if not isinstance(answer, Answer):
                raise not_a_response(self._route.endpoint, answer)
            return answer
        except Exception as error:
            scope = {"type": "http", "path": self.head.path, "app": self._route.api}
            answer, is_expected = await answer_error(Request(scope), error)
            if not is_expected:
                get_logger().exception("request failed")
            return answer


class _HotRoute:
    """What is known of a hot route before a request comes."""

    def __init__(self, api: FastAPI, route: APIRoute) -> None:
        if route.dependencies:
            raise ValueError(f"{route.path} has dependencies, which a hot route would not ask")
        self.api = api
        self.template = route.path
        self.endpoint: Any = route.endpoint
        self.input: Input = input_of(route.endpoint, parameters_of(route.path))


def _declared(api: FastAPI, route: APIRoute) -> Declared[_HotRoute]:
    known = _HotRoute(api, route) if is_hot(route.endpoint) else None
    return Declared(route.methods or (), route.path, known)
