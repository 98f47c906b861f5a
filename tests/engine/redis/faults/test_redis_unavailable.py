"""Valkey cut off, frozen, slow, silent, full, killed: answers come all the time, and right ones."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import count
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import pytest
from hotpath.testing.servers import Server, figure, serving
from hotpath.testing.workspace import Workspace
from hotpath_services import RunningService
from hotpath_services.process import wait_until
from hotpath_services.testing import temporary_service
from hotpath_services.valkey import Valkey

from ..redis_server import connected, frozen, kill
from ..shop import SERVICE
from ..tcp_proxy import TcpProxy, proxied
from ..tries import tried_again
from ..users import add_user

READY = {
    "status": "ready",
    "database": "ok",
    "schema": "ok",
    "cache": "ok",
    "queue": "ok",
    "remedy": None,
}
DEGRADED = {**READY, "cache": "degraded"}
SLOW_S = 2.0
TIMEOUT_S = 0.5
"""Longer than the default: a busy machine may stand still for that."""
SOON_S = 3.0
"""For some reads and a change, one of which may pay a timeout, on such a machine."""
BACK_WITHIN_S = 10.0
READS = 20
LOST = "cache unavailable"
BACK = "cache available again"


@dataclass
class Place:
    """A service, its Valkey, and the proxy between them."""

    server: Server
    valkey: RunningService
    proxy: TcpProxy
    unknown: Iterator[int] = field(default_factory=lambda: count(1_000_000))

    def read(self, reads: int) -> None:
        """Ask for users that nobody asked for before, and that do not exist."""
        for _ in range(reads):
            assert self.server.http.get(f"/users/{next(self.unknown)}").status_code == 404

    def ready(self) -> dict[str, str]:
        """Return what `/readyz` says, but for the figures of tasks."""
        report: dict[str, Any] = self.server.http.get("/readyz").raise_for_status().json()
        del report["tasks"]
        return report

    def figures(self, tier: str = "l2") -> dict[str, float]:
        """Return how the reads of a tier ended, and how many commands failed."""
        names = ("hits", "misses", "skipped", "errors")
        http = self.server.http
        return {name: figure(http, f"cache_{name}_total", tier=tier) for name in names}

    def log(self) -> str:
        """Return all that the service wrote."""
        return self.server.program.log.read_text()


@pytest.fixture(scope="module")
def place(workspace: Workspace) -> Iterator[Place]:
    """Run a service on a Valkey of its own, that it reaches by a proxy."""
    with (
        temporary_service(Valkey(SERVICE)) as valkey,
        proxied(valkey.url) as proxy,
        serving(
            workspace.with_settings(CACHE__URL=proxy.url, CACHE__TIMEOUT_S=TIMEOUT_S)
        ) as server,
    ):
        yield Place(server, valkey, proxy)


FAULTS: dict[str, Callable[[Place], AbstractContextManager[None]]] = {
    "cut": lambda place: place.proxy.cut(),
    "frozen": lambda place: frozen(place.valkey),
    "silent": lambda place: place.proxy.silent(),
    "slow": lambda place: place.proxy.slow(SLOW_S),
}


@tried_again
@pytest.mark.parametrize("fault", FAULTS)
def test_an_unavailable_cache_costs_one_timeout_and_no_response(place: Place, fault: str) -> None:
    http = place.server.http
    path = f"/users/{add_user(http)['id']}"
    assert http.get(path).json() == http.get(path).json()
    lost, back = place.log().count(LOST), place.log().count(BACK)

    with FAULTS[fault](place):
        assert_served(place, path)

    assert_back(place, path)
    assert place.log().count(LOST) == lost + 1
    assert place.log().count(BACK) == back + 1


def assert_served(place: Place, path: str) -> None:
    """Check that one command fails at most, nobody waits long, and changes are seen at once."""
    http = place.server.http
    before = place.figures()
    started = monotonic()
    place.read(READS)
    assert place.figures()["errors"] <= before["errors"] + 1
    assert http.patch(path, json={"name": "Grace"}).status_code == 200
    assert http.get(path).json()["name"] == "Grace"
    assert place.ready() == DEGRADED
    assert monotonic() - started < SOON_S
    before = place.figures()
    place.read(READS)
    assert place.figures() == {**before, "skipped": before["skipped"] + READS}


def assert_back(place: Place, path: str) -> None:
    """Check that Valkey is asked again, and what it stored before a change is not returned."""
    assert wait_until(lambda: place.ready() == READY, BACK_WITHIN_S)
    before = place.figures()
    assert place.server.http.get(path).json()["name"] == "Grace"
    place.read(READS)
    after = place.figures()
    assert after == {**before, "misses": before["misses"] + READS + 1}
    l1 = place.figures("l1")
    assert l1["misses"] == after["hits"] + after["misses"] + after["skipped"]


@tried_again
def test_a_full_cache_stores_nothing_and_is_still_read(place: Place) -> None:
    http = place.server.http
    user = add_user(http)
    path = f"/users/{user['id']}"
    http.get(path)
    before = place.figures()
    with connected(place.valkey.url) as redis:
        redis.config_set("maxmemory", 1)
        place.read(READS)
        assert http.patch(path, json={"name": "Grace"}).status_code == 200
        started = monotonic()
        assert http.get(path).json()["name"] == "Grace"
        assert http.get("/users/stats").status_code == 200  # waits for nobody
        assert monotonic() - started < SOON_S
        errors, misses = before["errors"] + READS + 2, before["misses"] + READS + 2
        assert place.figures() == {**before, "errors": errors, "misses": misses}
        assert place.ready() == READY

        redis.config_set("maxmemory", 0)
        place.read(READS)

    assert place.figures()["errors"] == errors
    assert place.log().count("cache stores nothing") == 1
    assert place.log().count("cache stores values again") == 1


def test_a_cache_that_died_and_came_back_empty_is_filled_again(place: Place) -> None:
    http = place.server.http
    path = f"/users/{add_user(http)['id']}"
    http.get(path)
    lost = place.log().count(LOST)

    kill(place.valkey)
    assert_served(place, path)

    with temporary_service(Valkey(SERVICE), urlsplit(place.valkey.url).port):
        assert_back(place, path)
        assert place.log().count(LOST) == lost + 1
