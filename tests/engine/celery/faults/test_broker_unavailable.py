"""A broker that is frozen, gone, back: tasks wait in the database, and nothing else waits."""

import os
import signal
from time import monotonic
from urllib.parse import urlsplit

import httpx2
from hotpath.testing.servers import serving, working
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until
from hotpath_services.testing import temporary_service
from hotpath_services.valkey import Valkey

from ..shop import SERVICE
from ..tries import tried_again
from ..users import add_user

TIMEOUT_S = 0.5
SOON_S = 1.0
READY_BOUND_S = 1.5
DONE_WITHIN_S = 30.0


def assert_taken_soon(http: httpx2.Client, path: str) -> str:
    """Check that a task is taken, and that the queue is known to be away; return its place."""
    started = monotonic()
    taken = http.post(path)
    assert monotonic() - started < SOON_S
    assert taken.status_code == 202, taken.text
    started = monotonic()
    ready = http.get("/readyz")
    assert monotonic() - started < READY_BOUND_S
    assert (ready.status_code, ready.json()["queue"]) == (200, "degraded")
    assert ready.json()["tasks"]["workers"] is None
    return taken.headers["location"]


@tried_again
def test_tasks_of_a_lost_broker_are_run_when_it_is_back(workspace: Workspace) -> None:
    with temporary_service(Valkey(SERVICE)) as broker:
        assert broker.pid is not None
        settings = {
            "TASKS__BROKER_URL": broker.url,
            "TASKS__PUBLISH_TIMEOUT_S": TIMEOUT_S,
            "TASKS__RESEND_S": 1,
        }
        place = workspace.with_settings(**settings)
        with serving(place) as server:
            http = server.http
            path = f"/users/{add_user(http)['id']}/welcome"
            assert http.get("/readyz").json()["queue"] == "ok"
            places = [http.post(path).headers["location"]]

            os.kill(broker.pid, signal.SIGSTOP)
            places.append(assert_taken_soon(http, path))

            os.kill(broker.pid, signal.SIGKILL)
            places.append(assert_taken_soon(http, path))
            log = server.program.log
            assert wait_until(lambda: "the broker does not answer" in log.read_text(), 10.0)

            def are_done() -> bool:
                states = [http.get(each).json()["state"] for each in places]
                return set(states) == {"succeeded"}

            with temporary_service(Valkey(SERVICE), urlsplit(broker.url).port), working(place):
                assert wait_until(are_done, DONE_WITHIN_S)
                assert http.get("/readyz").json()["queue"] == "ok"
