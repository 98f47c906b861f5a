"""Limits requests per client, before hot routes and before the framework.

These classes are used where a limit is set; elsewhere no request is asked whether.
"""

from collections.abc import Sequence
from functools import cached_property
from http import HTTPStatus
from types import SimpleNamespace
from typing import cast

from fastapi import FastAPI

from hotpath.aio.rate_limit import RateLimiter
from hotpath.asgi.hot_routes import HotRoutes
from hotpath.asgi.messages import (
    EndpointCall,
    Message,
    Receive,
    RequestHead,
    Send,
    adding,
    encoded,
    route_path,
)
from hotpath.asgi.responses import Response, render_problem
from hotpath.http.rate_limit import Header, Verdict, is_exempt
from hotpath.observability.request_context import REQUEST
from hotpath.observability.requests import RequestRecord


class LimitedHotRoutes(HotRoutes):
    """Hot routes whose endpoints are called if the limiter allows it."""

    @cached_property
    def _limiter(self) -> RateLimiter:
        return limiter_of(self.api)

    def find(self, head: RequestHead) -> EndpointCall | None:
        """Return the call for a request, or None if the framework has to handle it."""
        call = super().find(head)
        if call is None or is_exempt(head.path):
            return call
        return LimitedCall(call, self._limiter)


class LimitedCall:
    """The call of a hot endpoint, whose request is counted once its input was accepted."""

    __slots__ = ("_call", "_limiter", "has_body", "template")

    def __init__(self, call: EndpointCall, limiter: RateLimiter) -> None:
        self._call = call
        self._limiter = limiter
        self.template = call.template
        self.has_body = call.has_body

    def accepts(self, body: bytes) -> bool:
        """Read the input; return False if the framework has to handle the request."""
        return self._call.accepts(body)

    async def respond(self) -> Response:
        """Call the endpoint, or refuse the request."""
        verdict = await _hit(self._limiter)
        if verdict is not None and verdict.is_refused:
            return refusal(verdict)
        response = await self._call.respond()
        lines = response.lines + (b"" if verdict is None else _lines(verdict.headers))
        return Response(response.status_code, lines, response.body)


class RateLimitMiddleware:
    """Refuses requests before the framework reads them, and adds headers to its responses."""

    def __init__(self, api: FastAPI, hot_routes: HotRoutes) -> None:
        self.api = api
        self._hot_routes = hot_routes

    @cached_property
    def _limiter(self) -> RateLimiter:
        return limiter_of(self.api)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Handle one request; any other scope passes through."""
        if scope["type"] != "http" or is_exempt(route_path(scope)):
            await self.api(scope, receive, send)
            return
        verdict = await _hit(self._limiter)
        if verdict is None:
            await self.api(scope, receive, send)
        elif verdict.is_refused:
            self._name_route(scope)
            await refusal(verdict)(scope, receive, send)
        else:
            await self.api(scope, receive, adding(encoded(verdict.headers), send))

    def _name_route(self, scope: Message) -> None:
        """Tell metrics and the log the route, if it is a hot one, as the framework does."""
        found = self._hot_routes.table.find(scope["method"], route_path(scope))
        if found is not None:
            scope["route"] = SimpleNamespace(path=found[0].template)


def limiter_of(api: FastAPI) -> RateLimiter:
    """Return the limiter, which is there before the first request."""
    limiter: RateLimiter = api.state.rate_limiter
    return limiter


def refusal(verdict: Verdict) -> Response:
    """Return the response to a request that is refused."""
    problem = render_problem(HTTPStatus.TOO_MANY_REQUESTS, verdict.body)
    return Response(problem.status_code, problem.lines + _lines(verdict.headers), problem.body)


async def _hit(limiter: RateLimiter) -> Verdict | None:
    """Count the request that is handled here."""
    return await limiter.hit(cast(RequestRecord, REQUEST.get()).client)


def _lines(headers: Sequence[Header]) -> bytes:
    return b"".join([b"%b: %b\r\n" % header for header in encoded(headers)])
