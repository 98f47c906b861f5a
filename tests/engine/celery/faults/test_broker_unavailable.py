"""A broker that is frozen, gone, back: tasks are refused soon, and nothing else is."""

import os
import signal
from time import monotonic
from urllib.parse import urlsplit

import httpx2
from hotpath.testing.problems import assert_problem
from hotpath.testing.servers import figure, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until
from hotpath_services.testing import temporary_service
from hotpath_services.valkey import Valkey

from ..shop import SERVICE
from ..users import add_user

TIMEOUT_S = 0.5
BOUND_S = 3.0
READY_BOUND_S = 1.5
BACK_WITHIN_S = 10.0
DEGRADED = '{"status":"ready","database":"ok","cache":"ok","queue":"degraded"}'
READY = DEGRADED.replace("degraded", "ok")


def assert_refused_soon(http: httpx2.Client, path: str) -> None:
    """Check that a task is refused, and that requests without one are not."""
    started = monotonic()
    answer = http.post(path)
    assert monotonic() - started < BOUND_S
    assert_problem(answer, 503, "the broker does not answer")
    assert answer.headers["retry-after"] == "1"
    started = monotonic()
    ready = http.get("/readyz")
    assert monotonic() - started < READY_BOUND_S
    assert (ready.status_code, ready.text) == (200, DEGRADED)
    assert add_user(http)["name"] == "Ada"


def test_a_lost_broker_is_told_and_found_again(workspace: Workspace) -> None:
    with temporary_service(Valkey(SERVICE)) as broker:
        assert broker.pid is not None
        settings = {"TASKS__BROKER_URL": broker.url, "TASKS__PUBLISH_TIMEOUT_S": TIMEOUT_S}
        with serving(workspace.with_settings(**settings)) as server:
            http = server.http
            path = f"/users/{add_user(http)['id']}/welcome"
            assert http.get("/readyz").text == READY
            assert http.post(path).status_code == 202

            os.kill(broker.pid, signal.SIGSTOP)
            assert_refused_soon(http, path)

            os.kill(broker.pid, signal.SIGKILL)
            assert_refused_soon(http, path)
            assert figure(http, "tasks_refused_total", task="send_welcome") == 2

            with temporary_service(Valkey(SERVICE), urlsplit(broker.url).port):
                assert wait_until(lambda: http.get("/readyz").text == READY, BACK_WITHIN_S)
                assert http.post(path).status_code == 202
