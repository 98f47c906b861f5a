"""Valkey frozen, killed, back: answers come all the time."""

import os
import signal
from time import monotonic
from urllib.parse import urlsplit

import httpx2

from shop.services import RunningService
from shop.services.process import wait_until
from shop.services.testing import temporary_service
from shop.services.valkey import SERVICE

from ..servers import figure, serving
from ..users import add_user
from ..workspace import Workspace

DEGRADED = '{"status":"ready","database":"ok","cache":"degraded","queue":"ok"}'
READY = DEGRADED.replace("degraded", "ok")
BOUND_S = 2.0
BACK_WITHIN_S = 10.0


def send(service: RunningService, number: signal.Signals) -> None:
    """Send a signal to the server."""
    assert service.pid is not None
    os.kill(service.pid, number)


def assert_served(http: httpx2.Client) -> None:
    """Check that users are created, read, changed without the cache, and soon."""
    started = monotonic()
    user = add_user(http)
    path = f"/users/{user['id']}"
    assert http.get(path).json() == user
    assert http.patch(path, json={"name": "Grace"}).status_code == 200
    assert http.get(path).json()["name"] == "Grace"
    ready = http.get("/readyz")
    assert (ready.status_code, ready.text) == (200, DEGRADED)
    assert monotonic() - started < BOUND_S


def test_a_lost_cache_costs_time_not_answers(workspace: Workspace) -> None:
    with temporary_service(SERVICE) as valkey:
        port = urlsplit(valkey.url).port
        with serving(workspace.with_settings(CACHE__URL=valkey.url)) as server:
            http = server.http
            kept = add_user(http)
            path = f"/users/{kept['id']}"
            assert http.get("/readyz").text == READY
            assert http.get(path).json() == http.get(path).json() == kept
            assert figure(http, "cache_errors_total") == 0

            send(valkey, signal.SIGSTOP)
            assert_served(http)
            assert http.get(path).json() == kept
            send(valkey, signal.SIGCONT)
            assert wait_until(lambda: http.get("/readyz").text == READY, BACK_WITHIN_S)

            send(valkey, signal.SIGKILL)
            assert wait_until(lambda: http.get("/readyz").text == DEGRADED, BACK_WITHIN_S)
            assert_served(http)
            assert figure(http, "cache_errors_total") > 0

            with temporary_service(SERVICE, port):
                assert wait_until(lambda: http.get("/readyz").text == READY, BACK_WITHIN_S)
                hits = figure(http, "cache_hits_total")
                assert http.get(path).json() == http.get(path).json() == kept
                assert figure(http, "cache_hits_total") == hits + 1

            log = server.program.log.read_text()
            assert log.count("cache lost, answering from the database") == 2  # once per episode
            assert log.count("cache is back") == 2
