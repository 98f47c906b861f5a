"""Hot routes answer as the framework does, to good and bad input, and without it."""

from collections.abc import Iterator, Mapping

import httpx2
import pytest
from hotpath.testing.hot_routes import HotRequest, get
from hotpath.testing.servers import serving
from hotpath.testing.workspace import Workspace

from package_name.resources import Resources

from ..apps import answer_without_router, hot_routes
from ..database import fresh_database
from ..hot_requests import HOT, REQUESTS, prepare
from ..shop import KINDS

OF_THE_MOMENT = {"x-request-id", "x-process-time", "server-timing", "date", "connection"}
"""The last one: whether the server had all of a body that nobody read."""

HEALTH = (
    get("/healthz"),
    get("/healthz?x=1"),
    get("/healthz/"),
    get("/%68ealthz"),
    get("/"),
    get("/nothing"),
    HotRequest("HEAD", "/healthz"),
    HotRequest("POST", "/healthz"),
    HotRequest("OPTIONS", "/healthz"),
)


@pytest.fixture(scope="module", params=KINDS)
def both(
    request: pytest.FixtureRequest,
    workspace: Workspace,
    services: Mapping[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[httpx2.Client, httpx2.Client]]:
    """Run a server of each kind with hot routes and one without, on one database."""
    url = fresh_database(services, tmp_path_factory.mktemp("both"))
    place = workspace.with_settings(DB__URL=url, SERVER__KIND=request.param)
    assert place.run("db", "upgrade").returncode == 0
    with (
        serving(place) as hot,
        serving(place.with_settings(SERVER__HOT_ROUTES="false")) as plain,
    ):
        prepare(plain.http)
        yield hot.http, plain.http


@pytest.mark.parametrize(
    "request_", [*HEALTH, *REQUESTS], ids=lambda each: f"{each.method} {each.path[:50]}"
)
def test_an_answer_is_the_same_either_way(
    both: tuple[httpx2.Client, httpx2.Client], request_: HotRequest
) -> None:
    hot, plain = (seen(http, request_) for http in both)

    assert hot == plain


def seen(http: httpx2.Client, sent: HotRequest) -> tuple[int, list[tuple[str, str]], bytes]:
    """Return status, headers and body of the answer."""
    body = sent.body if isinstance(sent.body, bytes) else iter(sent.body)
    answer = http.request(sent.method, sent.path, headers=sent.headers, content=body)
    headers = [(name.lower(), value) for name, value in answer.headers.multi_items()]
    return (
        answer.status_code,
        sorted(each for each in headers if each[0] not in OF_THE_MOMENT),
        answer.content,
    )


async def test_the_hot_routes_are_these(resources: Resources) -> None:
    assert hot_routes(resources) == HOT | {("GET", "/healthz")}


async def test_a_hot_route_is_answered_though_the_router_is_gone(resources: Resources) -> None:
    assert await answer_without_router(resources, "/healthz") == (200, b'{"status":"ok"}')
