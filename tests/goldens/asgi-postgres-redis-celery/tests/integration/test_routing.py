"""What our routes read themselves, they read as FastAPI does."""

from collections.abc import AsyncIterator, Mapping
from copy import copy
from pathlib import Path

import httpx2
from fastapi import FastAPI, Request
from fastapi.routing import APIRoute, request_response
from starlette.routing import BaseRoute

from shop.api import debug, health, tasks
from shop.api.features import ROUTERS
from shop.api.render import Answer, render_json
from shop.api.routing import Route
from shop.observability.metrics import Metrics
from shop.resources import Resources, open_resources

from ..apps import app_on
from ..database import fresh_database
from ..hot_request import HotRequest
from ..hot_requests import REQUESTS, prepare
from ..servers import serving
from ..workspace import Workspace


async def test_an_answer_is_the_same_as_from_fastapi_alone(
    workspace: Workspace, services: Mapping[str, str], tmp_path: Path
) -> None:
    place = workspace.with_settings(DB__URL=fresh_database(services, tmp_path))
    assert place.run("db", "upgrade").returncode == 0
    with serving(place) as server:
        prepare(server.http)
    async with open_resources(place.settings(), Metrics()) as resources:
        ours, alone = app_on(resources), app_on(resources)
        alone.router.routes = [_without_ours(route) for route in alone.router.routes]

        answers = [(each, await _seen(ours, each), await _seen(alone, each)) for each in REQUESTS]

    assert [answer for answer in answers if answer[1] != answer[2]] == []


async def test_a_plain_request_needs_nothing_of_what_fastapi_prepares() -> None:
    async def read() -> Answer:
        return render_json(b"1")

    app = FastAPI()
    app.state.resources = None
    bare = {
        "type": "http",
        "app": app,
        "method": "GET",
        "path": "/x",
        "path_params": {},
        "query_string": b"",
        "headers": [],
    }

    answer = await Route("/x", read).get_route_handler()(Request(bare))

    assert answer.body == b"1"


async def test_no_router_is_asked_before_its_routes(resources: Resources) -> None:
    routers = (debug.router, health.router, tasks.router, *ROUTERS)
    declared = [route for router in routers for route in router.routes]

    assert all(route in app_on(resources).routes for route in declared)


def _without_ours(route: BaseRoute) -> BaseRoute:
    """Return the route with FastAPI's own handler."""
    if not isinstance(route, Route):
        return route
    plain = copy(route)
    plain.app = request_response(APIRoute.get_route_handler(plain))
    return plain


async def _seen(app: FastAPI, sent: HotRequest) -> tuple[int, list[tuple[str, str]], bytes]:
    """Return status, headers and body of the answer."""
    body = sent.body if isinstance(sent.body, bytes) else _pieces(sent.body)
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://app") as http:
        answer = await http.request(sent.method, sent.path, headers=sent.headers, content=body)
    return answer.status_code, sorted(answer.headers.multi_items()), answer.content


async def _pieces(pieces: tuple[bytes, ...]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
