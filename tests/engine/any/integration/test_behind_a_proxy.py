"""A service behind a proxy, under a path or not: what it says of itself, and of its clients."""

import socket
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import httpx2
import pytest
from hotpath.settings import InvalidSettings
from hotpath.testing.servers import HOST, Server, figure, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until

from ..log_lines import json_lines
from ..planted_service import planted
from ..problems import is_problem
from ..rate_limits import REFUSED, exhaust, items, new_client
from ..shop import KINDS
from ..unix_sockets import client_of, serving_on
from ..users import unique_email

ROOT = "/shop/v1"
LOGGED_WITHIN_S = 5.0
CLIENT = "203.0.113.7"
QUOTA = 4
TOKEN = "of an admin"


@pytest.fixture(scope="module", params=KINDS)
def behind(workspace: Workspace, request: pytest.FixtureRequest) -> Iterator[Server]:
    """Run a server under a path, behind a proxy on this machine."""
    place = workspace.with_settings(
        SERVER__KIND=request.param,
        SERVER__ROOT_PATH=ROOT,
        SERVER__TRUSTED_PROXIES=HOST,
        OBSERVABILITY__ADMIN_TOKEN=TOKEN,
    )
    with serving(place) as server:
        yield server


def line_of(server: Server, request_id: str) -> dict[str, object]:
    """Return the line of the access log of a request."""

    def found() -> list[dict[str, object]]:
        lines = json_lines(server.program.log)
        return [each for each in lines if each.get("request_id") == request_id]

    assert wait_until(lambda: bool(found()), LOGGED_WITHIN_S)
    return found()[0]


@pytest.mark.parametrize("prefix", [ROOT, ""], ids=["left", "taken off"])
def test_a_proxy_may_leave_the_path_or_take_it_off(behind: Server, prefix: str) -> None:
    http = behind.http
    user = {"email": unique_email(), "name": "Ada"}

    created = http.post(f"{prefix}/users", json=user)
    reads = [http.get(f"{prefix}/users/{created.json()['id']}") for _ in range(3)]  # the same head

    assert created.status_code == 201
    assert created.headers["location"] == f"{ROOT}/users/{created.json()['id']}"
    assert [each.status_code for each in reads] == [200] * 3
    assert http.get(created.headers["location"]).json() == created.json()
    assert http.get(f"{prefix}/healthz?x=1").status_code == 200
    assert http.get(f"{prefix}/users?limit=1").status_code == 200
    assert http.head(f"{prefix}/users/stats").status_code == 200


@pytest.mark.parametrize("prefix", [ROOT, ""], ids=["left", "taken off"])
def test_problems_are_those_of_the_path_that_routes_see(behind: Server, prefix: str) -> None:
    http = behind.http

    refused = http.delete(f"{prefix}/users/stats")
    unknown = http.get(f"{prefix}/nothing")
    hidden = http.post(f"{prefix}/debug/memory/snapshot")

    assert refused.headers["allow"] == "GET, HEAD"
    assert is_problem(refused, 405)
    assert is_problem(unknown, 404)
    assert is_problem(hidden, 404)


@pytest.mark.parametrize("path", [f"{ROOT}s/healthz", f"{ROOT}healthz", "/shop/healthz"])
def test_what_only_looks_like_that_path_is_none(behind: Server, path: str) -> None:
    assert behind.http.get(path).status_code == 404


def test_the_page_and_the_document_name_that_path(behind: Server) -> None:
    page = behind.http.get(f"{ROOT}/docs").text
    document = behind.http.get(f"{ROOT}/openapi.json").json()

    assert f'"{ROOT}/openapi.json"' in page
    assert f'"{ROOT}/docs/swagger-ui-bundle.js"' in page
    assert document["servers"] == [{"url": ROOT}]
    assert "/users" in document["paths"]


def test_links_for_people_start_with_that_path(behind: Server) -> None:
    admin = {"authorization": f"Bearer {TOKEN}"}

    links = behind.http.get(f"{ROOT}/debug.json", headers=admin).json()["links"]
    profiled = behind.http.get(f"{ROOT}/users/stats", headers={**admin, "x-profile": "wall"})

    assert all(each.startswith(f"{ROOT}/") for each in links.values())
    location = profiled.headers["x-profile-location"]
    assert location.startswith(f"{ROOT}/debug/profiles/")
    assert behind.http.get(location, headers=admin).status_code == 200


@pytest.mark.parametrize("path", ["/users/1000000", "/users?limit=1"], ids=["hot", "framework"])
def test_the_log_has_the_client_and_the_path_that_routes_see(behind: Server, path: str) -> None:
    request_id = uuid4().hex
    headers = {"x-request-id": request_id, "x-forwarded-for": f"198.51.100.1, {CLIENT}"}

    behind.http.get(ROOT + path, headers=headers)

    line = line_of(behind, request_id)
    assert line["client"] == CLIENT
    assert line["path"] == path.partition("?")[0]


def test_metrics_count_by_route(behind: Server) -> None:
    def counted() -> float:
        return figure(behind.http, "http_requests_total", route="/users/{user_id}", status="404")

    before = counted()
    for prefix in (ROOT, ""):
        behind.http.get(f"{prefix}/users/1000000")

    assert wait_until(lambda: counted() == before + 2, LOGGED_WITHIN_S)


@pytest.mark.parametrize("kind", KINDS)
def test_the_framework_sees_what_the_client_sees(
    workspace: Workspace, tmp_path: Path, kind: str
) -> None:
    place = planted(workspace, tmp_path).with_settings(
        SERVER__KIND=kind, SERVER__ROOT_PATH=ROOT, SERVER__TRUSTED_PROXIES=HOST
    )
    told = {"x-forwarded-for": CLIENT, "x-forwarded-proto": "https", "host": "api.example.com"}
    with serving(place) as server:
        seen = [server.http.get(f"{each}/where", headers=told).json() for each in (ROOT, "")]
        odd = server.http.get("/where", headers={**told, "x-forwarded-proto": "gopher"}).json()

    url = "https://api.example.com"
    expected = {"url": f"{url}{ROOT}/where", "root": f"{url}{ROOT}/", "client": CLIENT}
    assert seen == [expected, expected]
    assert odd["url"] == f"http://api.example.com{ROOT}/where"


@pytest.mark.parametrize("kind", KINDS)
def test_whom_nobody_trusts_tells_nothing(workspace: Workspace, tmp_path: Path, kind: str) -> None:
    place = planted(workspace, tmp_path).with_settings(SERVER__KIND=kind)
    told = {"x-forwarded-for": CLIENT, "x-forwarded-proto": "https", "host": "api.example.com"}
    with serving(place) as server:
        seen = server.http.get("/where", headers=told).json()

    root = "http://api.example.com/"
    assert seen == {"url": f"{root}where", "root": root, "client": HOST}


@pytest.mark.parametrize("kind", KINDS)
def test_clients_of_a_proxy_on_a_unix_socket_are_told_apart(
    workspace: Workspace, kind: str
) -> None:
    place = workspace.with_settings(
        SERVER__KIND=kind, SERVER__TRUSTED_PROXIES="unix", SERVER__RATE_LIMIT=f"{QUOTA}/minute"
    )
    with TemporaryDirectory(prefix="uds-") as folder:
        path = Path(folder) / "shop.sock"
        with serving_on(place, path) as program, client_of(path) as http:
            senders = [new_client(), new_client()]
            for told in senders:
                answers = exhaust(lambda: http.get("/users/1000000", headers=told))  # noqa: B023
                assert len(answers) == QUOTA + 1
            assert wait_until(
                lambda: f'"client":"{senders[0]["x-forwarded-for"]}"' in program.log.read_text(),
                LOGGED_WITHIN_S,
            )


@pytest.mark.parametrize("kind", KINDS)
def test_a_client_of_a_unix_socket_is_not_what_its_own_is_bound_to(
    workspace: Workspace, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = workspace.with_settings(SERVER__KIND=kind, SERVER__TRUSTED_PROXIES=HOST)
    request = f"GET /healthz HTTP/1.1\r\nhost: shop\r\nx-forwarded-for: {CLIENT}\r\n\r\n"
    with TemporaryDirectory(prefix="uds-") as folder:
        monkeypatch.chdir(folder)
        path = Path(folder) / "shop.sock"
        with serving_on(place, path) as program, socket.socket(socket.AF_UNIX) as client:
            client.bind(HOST)
            client.connect(str(path))
            client.sendall(request.encode())
            assert client.recv(64).startswith(b"HTTP/1.1 200 ")
            assert wait_until(lambda: '"/healthz"' in program.log.read_text(), LOGGED_WITHIN_S)
            clients = {each["client"] for each in json_lines(program.log) if "client" in each}

    assert clients == {"unix"}


def test_repeated_headers_are_joined_whatever_a_proxy_says(behind: Server) -> None:
    repeated = [("content-type", "application/json"), ("content-type", "text/plain")]

    plain = behind.http.post("/users", content="{}", headers=repeated)
    told = behind.http.post(
        "/users", content="{}", headers=[*repeated, ("x-forwarded-for", CLIENT)]
    )

    assert (plain.status_code, plain.content) == (told.status_code, told.content)
    assert plain.status_code in {422, 400}  # by gunicorn's parser


@pytest.mark.parametrize(
    "path",
    ["/%73hop/v1/healthz", "/shop%2Fv1/healthz", f"{ROOT}/%68ealthz", "/shop%2fv1%2fhealthz"],
)
def test_a_path_may_be_percent_encoded(behind: Server, path: str) -> None:
    assert [behind.http.get(path).status_code for _ in range(3)] == [200] * 3


@pytest.mark.parametrize("prefix", [ROOT, ""], ids=["left", "taken off"])
@pytest.mark.parametrize("kind", KINDS)
def test_rate_limits_exempt_the_same_paths_and_name_the_same_routes(
    workspace: Workspace, kind: str, prefix: str
) -> None:
    place = workspace.with_settings(
        SERVER__KIND=kind,
        SERVER__ROOT_PATH=ROOT,
        SERVER__TRUSTED_PROXIES=HOST,
        SERVER__RATE_LIMIT=f"{QUOTA}/minute",
    )
    told = new_client()
    with serving(place) as server:

        def read(path: str) -> httpx2.Response:
            return server.http.get(prefix + path, headers=told)

        answers = exhaust(lambda: read("/users?limit=1"))
        hot = read("/users/1000000")
        exempt = [read(path) for path in ("/healthz", "/readyz", "/metrics")]

    assert len(answers) == QUOTA + 1
    assert hot.status_code == REFUSED
    assert items(hot.headers["ratelimit"])["default"]["r"] == 0
    assert [each.status_code for each in exempt] == [200, 200, 200]


@pytest.mark.parametrize("path", ["shop", "/shop?x", "/shop//v1", "https://example.com/shop", "/ä"])
def test_a_path_that_is_none_is_a_sentence(workspace: Workspace, path: str) -> None:
    place = workspace.with_settings(SERVER__ROOT_PATH=path)

    with pytest.raises(InvalidSettings, match=r"SERVER__ROOT_PATH: '.*' is no path, such as /shop"):
        place.settings()


@pytest.mark.parametrize(("path", "expected"), [("/", ""), ("/shop/", "/shop"), ("", "")])
def test_a_slash_at_the_end_is_left_out(workspace: Workspace, path: str, expected: str) -> None:
    settings = workspace.with_settings(SERVER__ROOT_PATH=path).settings()

    assert settings.server.root_path == expected
