"""Every line that Celery's worker writes in production."""

import os
import signal
from collections.abc import Iterator

import httpx2
import pytest
from hotpath.testing.servers import serving
from hotpath.testing.workspace import Program, Workspace
from hotpath_services.process import wait_until
from hotpath_services.testing import temporary_service
from hotpath_services.valkey import Valkey

from ..log_lines import children, events, json_lines
from ..shop import SERVICE
from ..users import add_user

WITHIN_S = 30.0
PASSWORD = "swordfish-of-the-broker"


@pytest.fixture
def broker_url() -> Iterator[str]:
    with temporary_service(Valkey(SERVICE)) as broker:
        yield broker.url


def has(program: Program, text: str) -> bool:
    return any(text in event for event in events(program.log))


def test_every_line_of_a_worker_is_an_object(workspace: Workspace, broker_url: str) -> None:
    place = workspace.with_settings(TASKS__BROKER_URL=broker_url)
    with place.start("worker", "--processes", "1") as worker:
        assert wait_until(lambda: has(worker, "ready."), WITHIN_S)
        os.kill(children(worker.process.pid)[-1], signal.SIGKILL)
        assert wait_until(lambda: has(worker, "exited with 'signal 9 (SIGKILL)'"), WITHIN_S)
        worker.stop()
        assert worker.ends_within(WITHIN_S) == 0

        assert has(worker, "worker stopping")


def test_lines_of_a_task_have_the_id_of_the_request_that_enqueued_it(
    workspace: Workspace, broker_url: str
) -> None:
    place = workspace.with_settings(TASKS__BROKER_URL=broker_url)
    with serving(place) as server, place.start("worker", "--processes", "1") as worker:
        path = f"/users/{add_user(server.http)['id']}/welcome"
        accepted = server.http.post(path, headers={"x-request-id": "who-enqueued"})
        assert wait_until(lambda: has(worker, "task succeeded"), WITHIN_S)

    [line] = [each for each in json_lines(worker.log) if each["event"] == "task succeeded"]
    assert line["request_id"] == "who-enqueued"
    assert (line["task"], line["task_id"]) == ("send_welcome", accepted.json()["task_id"])


def test_the_password_of_a_broker_is_not_logged(workspace: Workspace) -> None:
    url = f"redis://user:{PASSWORD}@127.0.0.1:1/0"
    with workspace.with_settings(TASKS__BROKER_URL=url).start("worker") as worker:
        assert wait_until(lambda: has(worker, "Cannot connect"), WITHIN_S)
        lines = json_lines(worker.log)
        assert PASSWORD not in str(lines)


def test_a_broker_that_fails_leaves_no_password_in_the_servers_log(
    workspace: Workspace,
) -> None:
    url = f"redis://user:{PASSWORD}@127.0.0.1:1/0"
    with serving(workspace.with_settings(TASKS__BROKER_URL=url)) as server:
        email = f"{os.urandom(8).hex()}@example.com"
        user = server.http.post("/users", json={"email": email, "name": "Ada"}).json()
        answer: httpx2.Response = server.http.post(f"/users/{user['id']}/welcome")
        assert answer.status_code == 202
        log = server.program.log
        assert wait_until(lambda: "the broker does not answer" in log.read_text(), WITHIN_S)
        assert PASSWORD not in log.read_text()
