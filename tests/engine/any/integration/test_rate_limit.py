"""Rate limits, over HTTP, on each server: who is counted, what is refused, what is told."""

from collections.abc import Iterator
from time import monotonic

import pytest
from hotpath.testing.servers import Server, figure, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until

from ..rate_limits import (
    REFUSED,
    SETTINGS,
    exhaust,
    items,
    new_client,
    remaining,
    statuses_of_many,
)
from ..shop import KINDS

QUOTA = 5
LIMIT = f"{QUOTA}/minute"
POLICY = '"default";q=5;w=60'
HOT = "/users/1000000"
SEEN_S = 5.0
MANY = 40
LONG_BODY = b"[" + b" " * 200_000 + b"]"


@pytest.fixture(scope="module", params=KINDS)
def limited(workspace: Workspace, request: pytest.FixtureRequest) -> Iterator[Server]:
    """Run a server with a limit."""
    place = workspace.with_settings(SERVER__KIND=request.param, SERVER__RATE_LIMIT=LIMIT)
    with serving(place.with_settings(**SETTINGS)) as server:
        yield server


@pytest.mark.parametrize("path", [HOT, "/openapi.json", "/nothing"])
def test_requests_beyond_the_limit_are_refused(limited: Server, path: str) -> None:
    sender = new_client()

    *allowed, refused = exhaust(lambda: limited.http.get(path, headers=sender))

    assert [remaining(each) for each in allowed] == [[4], [3], [2], [1], [0]]
    assert {each.headers["ratelimit-policy"] for each in [*allowed, refused]} == {POLICY}
    assert remaining(refused) == [0]
    wait_s = int(refused.headers["retry-after"])
    assert 50 < wait_s <= 61
    assert items(refused.headers["ratelimit"])["default"]["t"] == wait_s
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json() == {
        "type": "https://iana.org/assignments/http-problem-types#quota-exceeded",
        "title": "Too Many Requests",
        "status": 429,
        "detail": f"More than 5 requests in 60 s: try again in {wait_s} s.",
        "violated-policies": ["default"],
    }


def test_every_request_counts_once(limited: Server) -> None:
    sender = new_client()
    http = limited.http

    answers = [
        http.get(HOT, headers=sender),
        http.head("/users/stats", headers=sender),
        http.post("/users", headers=sender, json={}),
        http.post("/users", headers=sender, content=b"{"),
        http.options("/nothing", headers=sender),
        http.delete(HOT, headers=sender),
    ]

    assert [remaining(each) for each in answers] == [[4], [3], [2], [1], [0], [0]]
    assert [each.status_code for each in answers] == [404, 200, 422, 422, 404, REFUSED]


def test_requests_at_once_get_exactly_the_limit(limited: Server) -> None:
    statuses = statuses_of_many(limited.port, HOT, MANY, new_client())

    assert statuses.count(404) == QUOTA
    assert statuses.count(REFUSED) == MANY - QUOTA


def test_health_metrics_and_debug_are_neither_counted_nor_refused(limited: Server) -> None:
    sender = new_client()
    [*_, refused] = exhaust(lambda: limited.http.get(HOT, headers=sender))
    assert refused.status_code == REFUSED

    paths = ("/healthz", "/readyz", "/metrics", "/debug", "/debug.json", "/debug/pools")
    answers = [limited.http.get(path, headers=sender) for path in paths]

    assert [each.status_code for each in answers] == [200, 200, 200, 404, 404, 404]
    assert not any("ratelimit" in each.headers for each in answers)


def test_a_client_is_who_trusted_proxies_say(limited: Server) -> None:
    def left(forwarded: str) -> list[int]:
        return remaining(limited.http.get(HOT, headers={"x-forwarded-for": forwarded}))

    (address,) = new_client().values()

    assert left(address) == [4]
    assert left(f"203.0.113.1, {address}") == [3]  # what a client wrote itself
    assert left(f"{address}, 127.0.0.1") == [2]
    host = int(address.rpartition(".")[2])
    assert left(f"2001:db8:{limited.port:x}:{host:x}::1") == [4]
    assert left(f"2001:db8:{limited.port:x}:{host:x}:ffff::2") == [3]  # of the same /64
    assert left(f"2001:db8:{limited.port:x}:{host + 256:x}::1") == [4]


def test_without_trusted_proxies_the_peer_is_the_client(workspace: Workspace) -> None:
    alone = workspace.with_settings(SERVER__RATE_LIMIT="1000/year")
    with serving(alone) as server:
        first, second = (server.http.get(HOT, headers=new_client()) for _ in range(2))

    assert remaining(second)[0] == remaining(first)[0] - 1


def test_the_body_of_a_refused_request_is_no_next_request(limited: Server) -> None:
    sender = new_client()
    [*_, refused] = exhaust(lambda: limited.http.get(HOT, headers=sender))
    assert refused.status_code == REFUSED

    for body in (b"{}", LONG_BODY, iter([b"{", b"}"])):
        answer = limited.http.post("/users/bulk", headers=sender, content=body)
        assert answer.status_code == REFUSED
        assert limited.http.get("/healthz").status_code == 200


def test_refused_requests_are_logged_and_measured(limited: Server) -> None:
    def refusals(route: str) -> float:
        return figure(limited.http, "http_requests_total", route=route, status="429")

    sender = new_client()
    hot, before = refusals("/users/{user_id}"), refusals("<unmatched>")
    exhaust(lambda: limited.http.get(HOT, headers=sender))

    assert limited.http.get("/nothing", headers=sender).status_code == REFUSED

    assert wait_until(lambda: refusals("/users/{user_id}") == hot + 1, SEEN_S)
    assert wait_until(lambda: refusals("<unmatched>") == before + 1, SEEN_S)
    (address,) = sender.values()
    lines = [each for each in limited.program.log.read_text().splitlines() if address in each]
    assert len([each for each in lines if '"status":429' in each]) == 2


def test_a_client_may_come_again_when_it_was_told(workspace: Workspace) -> None:
    place = workspace.with_settings(SERVER__RATE_LIMIT="3/2 seconds;6/hour", **SETTINGS)
    sender = new_client()
    with serving(place) as server:
        [*allowed, refused] = exhaust(lambda: server.http.get(HOT, headers=sender))
        assert [remaining(each) for each in allowed] == [[2, 5], [1, 4], [0, 3]]
        refused_at = monotonic()
        wait_s = int(refused.headers["retry-after"])

        assert wait_until(lambda: monotonic() > refused_at + wait_s, wait_s + 1.0)
        again = server.http.get(HOT, headers=sender)

    policy = {"3 per 2 second": {"q": 3, "w": 2}, "6 per 1 hour": {"q": 6, "w": 3600}}
    assert items(again.headers["ratelimit-policy"]) == policy
    assert again.status_code == 404
    assert remaining(again)[1] == 2  # what the shorter limit refused did not count for the longer


def test_without_a_limit_nothing_is_told(server: Server) -> None:
    for path in (HOT, "/openapi.json"):
        assert not {"ratelimit", "ratelimit-policy"} & server.http.get(path).headers.keys()
