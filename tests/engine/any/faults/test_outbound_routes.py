"""A dependency that hangs, over HTTP: what clients of this service see."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from statistics import median
from time import perf_counter

import pytest
from hotpath.testing.problems import assert_problem
from hotpath.testing.servers import Server, client, figure, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until

from ..faulty_service import (
    FaultyService,
    answers_with,
    faulty_service,
    is_silent,
    resets,
    works,
)
from ..shop import KINDS
from ..tries import tried_again
from ..users import add_user

CLIENTS = 100
READS = 40
READ_S = 1.0
WITHIN_S = 30.0


@contextmanager
def asking(workspace: Workspace, other: FaultyService, **settings: object) -> Iterator[Server]:
    """Serve with a dependency that soon counts as silent."""
    place = workspace.with_settings(
        HTTP_CLIENT__URLS__AVATARS=other.url,
        HTTP_CLIENT__READ_TIMEOUT_S=READ_S,
        HTTP_CLIENT__ATTEMPTS=1,
        **settings,
    )
    with serving(place) as server:
        yield server


@tried_again
@pytest.mark.parametrize("kind", KINDS)
def test_a_dead_dependency_slows_no_other_route(kind: str, workspace: Workspace) -> None:
    with (
        faulty_service(is_silent) as other,
        asking(
            workspace, other, SERVER__KIND=kind, HTTP_CLIENT__BREAKER_FAILURES=1_000_000
        ) as server,
        ThreadPoolExecutor(CLIENTS) as threads,
    ):
        user = f"/users/{add_user(server.http)['id']}"
        server.http.get(user)
        running = [threads.submit(_ask, server.port, f"{user}/avatar") for _ in range(CLIENTS)]
        assert wait_until(lambda: len(other.requests) >= 20, WITHIN_S)

        reads_s = {path: _usual_s(server, path) for path in ("/healthz", user, "/readyz")}
        still_asking = sum(not each.done() for each in running)
        statuses = _statuses(running)

    assert still_asking > 0
    assert max(reads_s.values()) < READ_S / 4, reads_s
    assert statuses == {503, 504}


@tried_again
def test_an_open_breaker_says_when_to_try_again(workspace: Workspace) -> None:
    with (
        faulty_service(resets) as other,
        asking(workspace, other, HTTP_CLIENT__BREAKER_OPEN_S=2) as server,
    ):
        path = f"/users/{add_user(server.http)['id']}/avatar"
        failed = [server.http.get(path) for _ in range(5)]
        open_gauge = figure(server.http, "http_client_breakers_open")
        started = perf_counter()
        refused = server.http.get(path)
        took_s = perf_counter() - started
        asked = len(other.requests)
        other.behaviour = answers_with(200)
        assert wait_until(lambda: server.http.get(path).status_code == 502, WITHIN_S)  # no JSON
        refusals = figure(
            server.http, "http_client_calls_total", dependency="avatars", outcome="breaker_open"
        )
        closed_gauge = figure(server.http, "http_client_breakers_open")

    for response in failed:
        assert_problem(response, 503, "avatars is unavailable; try again soon")
    assert_problem(refused, 503, "avatars is unavailable; try again soon")
    assert refused.headers.get_list("retry-after") in (["1"], ["2"])
    assert took_s < READ_S
    assert (asked, open_gauge, closed_gauge) == (5, 1, 0)
    assert refusals >= 1


def test_a_silent_dependency_is_a_gateway_timeout(workspace: Workspace) -> None:
    with faulty_service(is_silent) as other, asking(workspace, other) as server:
        response = server.http.get(f"/users/{add_user(server.http)['id']}/avatar")

    assert_problem(response, 504, "avatars did not answer in time")
    waited = dict(each.split(";dur=") for each in response.headers["server-timing"].split(", "))
    assert float(waited["outbound"]) >= READ_S * 1000


def test_a_stopping_process_closes_its_connections(workspace: Workspace) -> None:
    with faulty_service(works) as other, asking(workspace, other) as server:
        server.http.get(f"/users/{add_user(server.http)['id']}/avatar")
        server.program.stop()
        assert server.program.ends_within(WITHIN_S) == 0
        log = server.program.log.read_text()

    assert other.connections == 1
    assert "Unclosed" not in log


def _ask(port: int, path: str) -> int:
    with client(port) as http:
        return http.get(path).status_code


def _statuses(running: list[Future[int]]) -> set[int]:
    assert not wait(running, WITHIN_S).not_done
    return {each.result() for each in running}


def _usual_s(server: Server, path: str) -> float:
    """Return what a read takes: half of many, since a busy machine makes some of any slow."""
    taken = []
    for _ in range(READS):
        started = perf_counter()
        server.http.get(path).raise_for_status()
        taken.append(perf_counter() - started)
    return median(taken)
