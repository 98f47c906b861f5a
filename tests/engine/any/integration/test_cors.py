"""CORS, on each server: off unless origins are set, and then in every response."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from hotpath.settings import InvalidSettings
from hotpath.testing.problems import assert_problem
from hotpath.testing.servers import Server, serving
from hotpath.testing.workspace import Workspace

from package_name.resources import Resources

from ..locks import locked
from ..problems import is_problem
from ..rate_limits import REFUSED, SETTINGS, exhaust, new_client
from ..shop import KINDS
from ..users import add_user, unique_email

OURS, OTHER, EVIL = "https://shop.example.com", "http://localhost:5173", "https://evil.example"
ORIGINS = f"{OURS}, {OTHER}"
HOT = "/users/1000000"
ALLOW_ORIGIN = "access-control-allow-origin"
PATHS = ("/healthz", HOT, "/users?limit=1", "/users", "/openapi.json", "/nothing", "/debug")
TIMEOUT_S = 1.0
SOON_S = 15.0


@pytest.fixture(scope="module", params=KINDS)
def sharing(workspace: Workspace, request: pytest.FixtureRequest) -> Iterator[Server]:
    """Run a server that lets two origins read."""
    place = workspace.with_settings(SERVER__KIND=request.param, SERVER__CORS_ORIGINS=ORIGINS)
    with serving(place) as server:
        yield server


def preflight(http: httpx2.Client, path: str, origin: str, headers: str = "") -> httpx2.Response:
    """Ask as a browser does before a request."""
    asked = {"access-control-request-headers": headers} if headers else {}
    sent = {"origin": origin, "access-control-request-method": "PATCH", **asked}
    return http.options(path, headers=sent)


@pytest.mark.parametrize("origin", [OURS, OTHER])
@pytest.mark.parametrize("path", PATHS)
def test_a_preflight_request_is_answered_for_every_path(
    sharing: Server, path: str, origin: str
) -> None:
    answer = preflight(sharing.http, path, origin, "content-type, x-request-id")

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers[ALLOW_ORIGIN] == origin
    allowed = answer.headers["access-control-allow-methods"]
    assert set(allowed.split(", ")) == {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}
    assert answer.headers["access-control-allow-headers"] == "content-type, x-request-id"
    assert int(answer.headers["access-control-max-age"]) > 0
    assert "origin" in answer.headers["vary"]
    assert "access-control-allow-credentials" not in answer.headers
    assert answer.headers["x-request-id"]


def test_a_preflight_request_of_another_origin_is_refused(sharing: Server) -> None:
    answer = preflight(sharing.http, HOT, EVIL)

    assert_problem(answer, 403, "Requests of this origin are not allowed.")
    assert not any(name.startswith("access-control") for name in answer.headers)
    assert answer.headers["vary"] == "origin"


def test_options_that_are_no_preflight_are_as_ever(sharing: Server) -> None:
    plain = sharing.http.options("/users")
    with_origin = sharing.http.options("/users", headers={"origin": OURS})

    assert is_problem(plain, 405)
    assert is_problem(with_origin, 405)
    assert with_origin.headers[ALLOW_ORIGIN] == OURS


def responses(http: httpx2.Client, origin: str | None) -> list[httpx2.Response]:
    """Return responses of all kinds: hot and others, problems, changes, a stream, none at all."""
    sent = {} if origin is None else {"origin": origin}
    user = add_user(http)["id"]
    etag = http.get(f"/users/{user}").headers["etag"]
    return [
        *(http.get(path, headers=sent) for path in PATHS),
        *(http.get(HOT, headers=sent) for _ in range(3)),  # a head that repeats
        http.get(f"/users/{user}", headers=sent),
        http.get(f"/users/{user}", headers={**sent, "if-none-match": etag}),
        http.head("/users/stats", headers=sent),
        http.get("/users/x", headers=sent),
        http.get("/users/export", headers=sent),
        http.post("/users", headers=sent, json={}),
        http.post("/users", headers=sent, json={"email": unique_email(), "name": "Ada"}),
        http.patch(f"/users/{user}", headers=sent, json={"name": "Eve"}),
        http.delete(f"/users/{user}", headers=sent),
        http.delete("/healthz", headers=sent),
        http.get("/healthz", headers={**sent, "x-request-timeout": "soon"}),
        http.post("/users", headers=sent, json={"name": "x" * 300_000}),
    ]


def test_every_response_says_who_may_read_it(sharing: Server) -> None:
    found = responses(sharing.http, OURS)

    assert {each.status_code for each in found} >= {200, 201, 204, 304, 400, 404, 405, 413, 422}
    assert [each.headers.get_list(ALLOW_ORIGIN) for each in found] == [[OURS]] * len(found)
    assert all("x-request-id" in each.headers["access-control-expose-headers"] for each in found)
    assert all("origin" in each.headers["vary"] for each in found)


@pytest.mark.parametrize("origin", [EVIL, "null", OURS + ".evil.example", OURS.upper(), None])
def test_others_may_not_read_and_caches_know_that_it_depends(
    sharing: Server, origin: str | None
) -> None:
    found = responses(sharing.http, origin)

    assert not any(name.startswith("access-control") for each in found for name in each.headers)
    assert all("origin" in each.headers["vary"] for each in found)


@pytest.mark.parametrize("kind", KINDS)
def test_all_origins_may_read_where_that_is_set(workspace: Workspace, kind: str) -> None:
    place = workspace.with_settings(SERVER__KIND=kind, SERVER__CORS_ORIGINS="*")
    with serving(place) as server:
        found = responses(server.http, EVIL) + responses(server.http, None)
        asked = preflight(server.http, HOT, EVIL)

    assert {each.headers[ALLOW_ORIGIN] for each in [*found, asked]} == {"*"}
    assert not any("access-control-allow-credentials" in each.headers for each in found)
    assert not any("vary" in each.headers for each in found)
    assert asked.status_code == 204


@pytest.mark.parametrize("kind", KINDS)
def test_credentials_and_refusals_of_clients_that_ask_too_often(
    workspace: Workspace, kind: str
) -> None:
    place = workspace.with_settings(
        SERVER__KIND=kind,
        SERVER__CORS_ORIGINS=OURS,
        SERVER__CORS_CREDENTIALS=True,
        SERVER__RATE_LIMIT="5/minute",
        **SETTINGS,
    )
    sent = {"origin": OURS, **new_client()}
    with serving(place) as server:
        asked = [preflight(server.http, HOT, OURS) for _ in range(10)]  # they do not count
        hot = exhaust(lambda: server.http.get(HOT, headers=sent))
        other = server.http.get("/users?limit=1", headers=sent)

    assert [each.status_code for each in hot] == [404] * 5 + [REFUSED]
    assert other.status_code == REFUSED
    found = [*asked, *hot, other]
    assert {each.headers[ALLOW_ORIGIN] for each in found} == {OURS}
    assert {each.headers["access-control-allow-credentials"] for each in found} == {"true"}


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_late_says_so_to_pages_too(
    workspace: Workspace, resources: Resources, kind: str
) -> None:
    place = workspace.with_settings(
        SERVER__KIND=kind, SERVER__CORS_ORIGINS=OURS, SERVER__REQUEST_TIMEOUT_S=TIMEOUT_S
    )
    with serving(place) as server, ThreadPoolExecutor() as threads:
        user = {"email": unique_email(), "name": "Ada"}
        async with locked(resources.db, "users"):
            call = threads.submit(server.http.post, "/users", json=user, headers={"origin": OURS})
            late = call.result(SOON_S)

    assert late.status_code == 504
    assert late.headers[ALLOW_ORIGIN] == OURS


def test_it_is_off_unless_it_is_set(server: Server) -> None:
    asked = preflight(server.http, HOT, OURS)
    found = responses(server.http, OURS)

    assert is_problem(asked, 405)
    for each in (asked, *found):
        assert "vary" not in each.headers
        assert not any(name.startswith("access-control") for name in each.headers)


@pytest.mark.parametrize(
    "origins",
    [
        "shop.example.com",
        "https://shop.example.com/",
        "https://shop.example.com/path",
        "https://Shop.example.com",
        "https://*.example.com",
        "https://user@shop.example.com",
        "https://shop.example.com:443",
        "http://shop.example.com:80",
        "https://[::1]:443",
        "https://shop.example.com:65536",
        f"{OURS} {OTHER}",
        "null",
        f"*,{OURS}",
    ],
)
def test_origins_that_are_none_are_a_sentence(workspace: Workspace, origins: str) -> None:
    place = workspace.with_settings(SERVER__CORS_ORIGINS=origins)

    with pytest.raises(InvalidSettings, match=r"SERVER__CORS_ORIGINS: .*origins?") as caught:
        place.settings()
    assert str(caught.value).count("\n") == 0


def test_credentials_for_all_origins_are_a_sentence(workspace: Workspace) -> None:
    place = workspace.with_settings(SERVER__CORS_ORIGINS="*", SERVER__CORS_CREDENTIALS=True)

    with pytest.raises(InvalidSettings, match=r"SERVER__CORS_CREDENTIALS: not with `\*`"):
        place.settings()
