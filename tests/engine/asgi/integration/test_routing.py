"""What our routes read themselves, they read as FastAPI does."""

from collections.abc import AsyncIterator, Mapping
from copy import copy
from pathlib import Path

import httpx2
from fastapi import Depends, FastAPI, HTTPException
from fastapi.routing import APIRoute
from hotpath.asgi import routes
from hotpath.asgi.responses import Response, render_json
from hotpath.asgi.routing import Route, Router
from hotpath.features import Features
from hotpath.observability.metrics import Metrics
from hotpath.testing.hot_routes import HotRequest
from hotpath.testing.servers import serving
from hotpath.testing.workspace import Workspace
from starlette.routing import BaseRoute
from starlette.types import Message

from package_name.resources import Resources, open_resources

from ..apps import app_on
from ..database import fresh_database
from ..hot_requests import REQUESTS, prepare


async def test_an_answer_is_the_same_as_from_fastapi_alone(
    workspace: Workspace, services: Mapping[str, str], tmp_path: Path
) -> None:
    place = workspace.with_settings(DB__URL=fresh_database(services, tmp_path))
    assert place.run("db", "upgrade").returncode == 0
    with serving(place) as server:
        prepare(server.http)
    async with open_resources(place.settings(), Metrics("shop")) as resources:
        ours, alone = app_on(resources), app_on(resources)
        alone.router.routes = [_without_ours(route) for route in alone.router.routes]

        answers = [(each, await _seen(ours, each), await _seen(alone, each)) for each in REQUESTS]

    assert [answer for answer in answers if answer[1] != answer[2]] == []


async def read() -> Response:
    """Response with 1."""
    return render_json(b"1")


async def test_a_plain_request_needs_nothing_of_what_fastapi_prepares() -> None:
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

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await Route("/x", read).handle(bare, _nothing, send)

    assert sent[-1]["body"] == b"1"


async def test_what_includes_a_router_adds_to_it_holds() -> None:
    """A prefix; a dependency, which may be all that protects a route."""

    def refuse() -> None:
        raise HTTPException(403)

    router = Router()
    router.add_api_route("/x", read)
    app = FastAPI()
    app.state.resources = None
    app.include_router(router, prefix="/open")
    app.include_router(router, prefix="/closed", dependencies=[Depends(refuse)])

    statuses = []
    for path in ("/open/x", "/closed/x", "/x"):
        status, *_ = await _seen(app, HotRequest("GET", path))
        statuses.append(status)

    assert statuses == [200, 403, 404]


async def test_a_path_below_a_root_is_found() -> None:
    app = FastAPI(routes=[Route("/x", read)])
    app.state.resources = None

    status, *_ = await _seen(app, HotRequest("GET", "/below/x"), root_path="/below")

    assert status == 200


async def test_no_request_is_told_to_opentelemetry_without_its_sdk(resources: Resources) -> None:
    telemetry = app_on(resources)._telemetry

    assert not any(telemetry[kind] for kind in ("tracing", "metrics", "logs"))


async def test_no_router_is_asked_before_its_routes(resources: Resources) -> None:
    features = Features(resources.settings.service).routers()
    routers = (routes.debug, routes.health, routes.tasks, *features)
    declared = [route for router in routers for route in router.routes]

    assert all(route in app_on(resources).routes for route in declared)


def _without_ours(route: BaseRoute) -> BaseRoute:
    """Return the route as FastAPI alone has it."""
    if not isinstance(route, Route):
        return route
    plain: APIRoute = copy(route)
    plain.__class__ = APIRoute
    return plain


async def _nothing() -> Message:
    raise AssertionError("nothing was to be received")


async def _seen(
    app: FastAPI, sent: HotRequest, root_path: str = ""
) -> tuple[int, list[tuple[str, str]], bytes]:
    """Return status, headers and body of the answer."""
    body = sent.body if isinstance(sent.body, bytes) else _pieces(sent.body)
    transport = httpx2.ASGITransport(app, root_path=root_path)
    async with httpx2.AsyncClient(transport=transport, base_url="http://app") as http:
        answer = await http.request(sent.method, sent.path, headers=sent.headers, content=body)
    return answer.status_code, sorted(answer.headers.multi_items()), answer.content


async def _pieces(pieces: tuple[bytes, ...]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
