"""`/debug/profile` and single requests name a planted hot spot, in each kind of server."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hotpath.profiling.store import MAX_PROFILES
from hotpath.testing.problems import assert_invalid, assert_problem
from hotpath.testing.servers import Server, client, in_flight, serving, wait_until
from hotpath.testing.workspace import Workspace

from ..profiles import ADMIN, hottest, load, names_in, own_seconds, page_of, planted, profile_of
from ..shop import KINDS

BUSY = "Another profile is being taken: there is one at a time in a process."
STARTS_WITHIN_S = 2.0
MANY = 200
ROUTES = (
    "/debug/profile",
    "/debug/profiles",
    "/debug/profiles/0123456789abcdef",
    "/debug/profiled",
)


@pytest.fixture(scope="module")
def place(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return planted(workspace, tmp_path_factory.mktemp("planted"))


@pytest.fixture(scope="module", params=KINDS)
def hot(request: pytest.FixtureRequest, place: Workspace) -> Iterator[Server]:
    """Run a server of each kind with the hot spot."""
    with serving(place.with_settings(SERVER__KIND=request.param)) as server:
        yield server


@pytest.mark.parametrize("clock", ["wall", "cpu"])
@pytest.mark.parametrize("path", ["/burn", "/burn/hot"])
def test_the_process_under_load_names_the_hot_spot(hot: Server, clock: str, path: str) -> None:
    with load(hot.port, path, path, "/simmer"):
        profile = profile_of(hot.port, seconds=1, format="speedscope", clock=clock)
        page = profile_of(hot.port, seconds=0.5, clock=clock)

    assert (profile.status_code, page.status_code) == (200, 200)
    assert hottest(profile.json()) == "burn"
    own = own_seconds(profile.json())
    assert own["burn"] > own["simmer"] > 0
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    functions, boxes = page_of(page.text)
    assert "burn" in functions[:3]
    assert any(title.startswith("burn ") for title in boxes)
    assert hot.http.get("/simmer").status_code == 200


def test_work_aside_from_requests_is_seen(hot: Server) -> None:
    with load(hot.port, "/aside"):
        profile = profile_of(hot.port, seconds=1.5, format="speedscope", clock="cpu")

    assert hottest(profile.json()) == "burn"


@pytest.mark.parametrize("path", ["/burn", "/burn/hot"])
def test_one_request_is_profiled_and_its_response_is_the_same(hot: Server, path: str) -> None:
    plain = hot.http.get(path)
    with load(hot.port, "/simmer", "/simmer"):
        asked = hot.http.get(path, headers={**ADMIN, "x-profile": "1"})

    location = asked.headers["x-profile-location"]
    assert (asked.status_code, asked.content) == (plain.status_code, plain.content)
    assert {*asked.headers} == {*plain.headers, "x-profile-location"}
    shown = hot.http.get(location, params={"format": "speedscope"}, headers=ADMIN)
    assert hottest(shown.json()) == "burn"
    assert "simmer" not in names_in(shown.json())
    functions, _ = page_of(hot.http.get(location, headers=ADMIN).text)
    assert "burn" in functions[:3]
    listed = hot.http.get("/debug/profiles", headers=ADMIN).json()["profiles"]
    assert (listed[0]["path"], listed[0]["name"]) == (location, f"GET {path}")
    assert listed[0]["kind"] == "request"


def test_a_request_that_waits_is_charged_with_its_own_wait(hot: Server) -> None:
    """Others run meanwhile: what they burn is no part of it."""
    with load(hot.port, "/burn", "/simmer"):
        wall, cpu = (
            hot.http.get("/slow", headers={**ADMIN, "x-profile": clock})
            for clock in ("wall", "cpu")
        )

    own = own_seconds(shown(hot, wall))
    assert sum(seconds for name, seconds in own.items() if "sleep" in name or "await" in name) > 0.2
    assert {"burn", "wait_for_others"} <= names_in(shown(hot, wall))
    assert not {"simmer", "read_burn"} & names_in(shown(hot, wall))
    own = own_seconds(shown(hot, cpu))
    assert own["burn"] > 0.9 * sum(own.values())


def shown(server: Server, response: httpx2.Response) -> dict[str, Any]:
    """Return the profile of a request."""
    path = response.headers["x-profile-location"]
    found = server.http.get(path, params={"format": "speedscope"}, headers=ADMIN)
    profile: dict[str, Any] = found.raise_for_status().json()
    return profile


def test_a_second_profile_is_refused_while_one_is_taken(hot: Server) -> None:
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(profile_of, hot.port, seconds=3)
        assert wait_until(lambda: in_flight(hot.port) == 1, STARTS_WITHIN_S)
        second = profile_of(hot.port, seconds=0.1)
        asked = hot.http.get("/burn", headers={**ADMIN, "x-profile": "1"})

        assert_problem(second, 409, BUSY)
        assert (asked.status_code, asked.content) == (200, b"1")
        assert "x-profile-location" not in asked.headers
        assert asked.headers["x-profile-refused"] == BUSY
        assert first.result().status_code == 200
    assert profile_of(hot.port, seconds=0.1).status_code == 200


@pytest.mark.parametrize("path", ROUTES)
def test_without_the_token_there_is_nothing(hot: Server, path: str) -> None:
    for headers in ({}, {"authorization": "Bearer wrong"}):
        for options in ({}, {"seconds": "x", "format": "x"}):
            answer = hot.http.get(path, params=options, headers=headers)
            assert answer.status_code == 404
            assert answer.content == hot.http.get("/nothing").content


@pytest.mark.parametrize("path", ["/burn", "/burn/hot", "/nothing"])
def test_the_header_without_the_token_is_ignored(hot: Server, path: str) -> None:
    plain = hot.http.get(path)
    for authorization in ("", "Bearer wrong"):
        asked = hot.http.get(path, headers={"x-profile": "1", "authorization": authorization})
        assert (asked.status_code, asked.content) == (plain.status_code, plain.content)
        assert {*asked.headers} == {*plain.headers}


@pytest.mark.parametrize(
    "options",
    [{"seconds": 0}, {"seconds": 61}, {"seconds": "nan"}, {"clock": "sun"}, {"format": 1}],
)
def test_what_cannot_be_is_a_sentence(hot: Server, options: dict[str, object]) -> None:
    refused = profile_of(hot.port, **options)

    assert_invalid(refused, *options)


def test_a_head_takes_no_profile(hot: Server) -> None:
    with ThreadPoolExecutor(1) as pool:
        taken = pool.submit(profile_of, hot.port, seconds=2)
        assert wait_until(lambda: in_flight(hot.port) == 1, STARTS_WITHIN_S)
        head = hot.http.head("/debug/profile", params={"seconds": 60}, headers=ADMIN)

        assert (head.status_code, head.content) == (200, b"")  # not 409: there is one already
        assert head.headers["content-type"] == taken.result().headers["content-type"]


def test_an_unknown_header_or_profile_is_a_sentence(hot: Server) -> None:
    asked = hot.http.get("/burn", headers={**ADMIN, "x-profile": "yes"})
    assert asked.headers["x-profile-refused"] == "X-Profile may be 1, wall or cpu."

    for name in ("0123456789abcdef", "x", "..%2f..%2fetc"):
        missing = hot.http.get(f"/debug/profiles/{name}", headers=ADMIN)
        assert missing.status_code == 404


def test_a_profiled_function_has_figures_and_a_flame_graph(hot: Server) -> None:
    for _ in range(3):
        hot.http.get("/investigated").raise_for_status()

    report = hot.http.get("/debug/profiled", headers=ADMIN).json()

    [function] = report["functions"]
    assert function["name"].endswith(".investigated")
    assert (function["calls"] % 9, function["errors"]) == (0, 0)  # each calls itself twice
    assert function["profiled_calls"] * 3 == function["calls"]
    assert function["hottest"] == "burn"
    profile = hot.http.get(function["path"], params={"format": "speedscope"}, headers=ADMIN)
    assert hottest(profile.json()) == "burn"


def test_profiles_of_two_processes_are_found_in_either(place: Workspace) -> None:
    with (
        serving(place, "--workers", "2") as server,
        load(server.port, "/burn", "/burn"),
        client(server.port) as http,  # a new connection for each request
    ):
        pids: set[int] = set()
        for _ in range(MANY):
            asked = http.get("/burn/hot", headers={**ADMIN, "x-profile": "1"})
            location = asked.headers["x-profile-location"]
            assert http.get(location, headers=ADMIN).status_code == 200
            newest = http.get("/debug/profiles", headers=ADMIN).json()["profiles"][0]
            assert newest["path"] == location
            pids.add(newest["pid"])
            if len(pids) == 2:
                break

    assert len(pids) == 2


def test_a_share_of_requests_is_profiled_and_the_last_are_kept(place: Workspace) -> None:
    settings = place.with_settings(OBSERVABILITY__PROFILE_SAMPLE_RATE=0.25)
    with serving(settings) as server:
        for _ in range(40):
            assert "x-profile-location" not in server.http.get("/healthz").headers
        few = server.http.get("/debug/profiles", headers=ADMIN).json()["profiles"]
        for _ in range(400):
            server.http.get("/nothing")
        many = server.http.get("/debug/profiles", headers=ADMIN).json()["profiles"]

    assert 1 <= len(few) <= 30
    assert {each["name"] for each in few} <= {"GET /healthz", "GET /debug/profiles"}
    assert len(many) == MAX_PROFILES


def test_nothing_of_it_is_left_at_the_end(place: Workspace, tmp_path: Path) -> None:
    with serving(place.with_variables({"TMPDIR": str(tmp_path)})) as server:
        server.http.get("/burn", headers={**ADMIN, "x-profile": "cpu"})
        assert [*tmp_path.rglob("*.json")]

        server.program.stop()
        assert server.program.ends_within(20) == 0

    assert [*tmp_path.rglob("*.json")] == []
