"""Requests that take longer than they may: the client is told so, and the database is freed."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

import httpx2
import pytest
from hotpath.testing.problems import assert_problem
from hotpath.testing.servers import Server, client, figure, in_flight, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until

from package_name.resources import Resources

from ..locks import locked
from ..profiles import planted
from ..shop import KINDS
from ..tries import tried_again
from ..users import add_user, unique_email

LATE = "The request took longer than it may."
TIMEOUT_S = 1.0
SOON_S = 5.0
TRIES = 10


def waited_s(call: httpx2.Response, started: float) -> float:
    """Return how long a call took."""
    assert_problem(call, 504, LATE)
    return monotonic() - started


@tried_again
@pytest.mark.parametrize("kind", KINDS)
async def test_a_change_that_waits_is_given_up(
    workspace: Workspace, resources: Resources, kind: str
) -> None:
    place = workspace.with_settings(SERVER__KIND=kind, SERVER__REQUEST_TIMEOUT_S=TIMEOUT_S)
    with serving(place) as server, ThreadPoolExecutor() as threads:
        user = {"email": unique_email(), "name": "Ada"}
        async with locked(resources.db, "users"):
            started = monotonic()
            late = threads.submit(server.http.post, "/users", json=user).result(SOON_S * 3)
            took_s = waited_s(late, started)

        assert wait_until(lambda: in_flight(server.port) == 0, SOON_S)
        if kind != "gunicorn":  # whose threads see it once they go on
            counted = {"route": "/users", "method": "POST", "status": "504"}
            assert figure(server.http, "http_requests_total", **counted) == 1

        added = server.http.post("/users", json={"email": unique_email(), "name": "Eve"})
        assert added.status_code == 201
        assert kind == "gunicorn" or TIMEOUT_S * 0.9 < took_s < TIMEOUT_S + 1


@tried_again
@pytest.mark.parametrize("headers", [{"content-length": "0"}, {"transfer-encoding": "chunked"}])
async def test_a_body_that_nobody_reads_keeps_no_request_from_being_late(
    workspace: Workspace, resources: Resources, headers: dict[str, str]
) -> None:
    place = workspace.with_settings(SERVER__REQUEST_TIMEOUT_S=TIMEOUT_S)
    with (
        serving(place) as server,
        client(server.port) as http,
        ThreadPoolExecutor() as threads,
    ):
        path = f"/users/{add_user(http)['id']}"
        async with locked(resources.db, "users"):
            started = monotonic()
            content = iter(()) if "transfer-encoding" in headers else b""
            call = threads.submit(http.request, "DELETE", path, content=content, headers=headers)
            took_s = waited_s(call.result(SOON_S * 3), started)

    assert took_s < TIMEOUT_S + 1


@tried_again
def test_what_was_told_a_client_counts_though_a_thread_goes_on(
    workspace: Workspace, tmp_path: Path
) -> None:
    place = planted(workspace, tmp_path)
    with serving(place.with_settings(SERVER__REQUEST_TIMEOUT_S=0.15)) as server:
        answers = [server.http.get("/slow") for _ in range(TRIES)]
        told = Counter(str(answer.status_code) for answer in answers)
        assert told["504"]  # a busy machine looks too late at some
        assert wait_until(lambda: in_flight(server.port) == 0, SOON_S)
        for status in ("504", "200"):
            labels = {"route": "/slow", "status": status}
            assert figure(server.http, "http_requests_total", **labels) == told[status]


@tried_again
@pytest.mark.parametrize("timeout_s", ["0.3", "1000"])
async def test_a_client_may_ask_for_less(
    workspace: Workspace, resources: Resources, timeout_s: str
) -> None:
    with serving(workspace.with_settings(SERVER__REQUEST_TIMEOUT_S=TIMEOUT_S)) as server:
        headers = {"x-request-timeout": timeout_s}
        with client(server.port) as http, ThreadPoolExecutor() as threads:
            user = {"email": unique_email(), "name": "Ada"}
            async with locked(resources.db, "users"):
                started = monotonic()
                call = threads.submit(http.post, "/users", json=user, headers=headers)
                took_s = waited_s(call.result(SOON_S * 3), started)

    assert took_s < min(float(timeout_s), TIMEOUT_S) + 0.7


@pytest.mark.parametrize("wish", ["soon", "-1", "0", "nan", "1e3", ""])
@pytest.mark.parametrize("path", ["/healthz", "/users?limit=1", "/nothing"])
def test_a_wish_that_is_none_is_told_so(server: Server, wish: str, path: str) -> None:
    refused = server.http.get(path, headers={"x-request-timeout": wish})

    assert_problem(refused, 400, "X-Request-Timeout must be seconds, such as 0.5.")


def test_a_wish_that_is_met_changes_nothing(server: Server) -> None:
    for path in ("/healthz", "/users?limit=1"):
        met = server.http.get(path, headers={"x-request-timeout": "5"})
        assert met.status_code == 200
