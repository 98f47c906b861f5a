"""What Prometheus reads of a worker, and of a server about its workers."""

from collections.abc import Iterator

import httpx2
import pytest
from hotpath.testing.servers import HOST, client, figure, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import free_port, wait_until
from hotpath_services.testing import temporary_service
from hotpath_services.valkey import Valkey

from ..promtool import promtool
from ..shop import SERVICE
from ..users import add_user

WITHIN_S = 30.0


@pytest.fixture
def place(empty_database: Workspace) -> Iterator[Workspace]:
    """Yield a place whose database and broker nobody else uses."""
    assert empty_database.run("db", "upgrade").returncode == 0
    with temporary_service(Valkey(SERVICE)) as broker:
        yield empty_database.with_settings(TASKS__BROKER_URL=broker.url)


def test_the_tasks_that_a_worker_ran_are_in_its_metrics(place: Workspace) -> None:
    port = free_port()

    def reaches(http: httpx2.Client, value: float, name: str, **labels: str) -> bool:
        return wait_until(lambda: figure(http, name, **labels) == value, WITHIN_S)

    with serving(place) as server, client(port) as http:
        for _ in range(3):
            user = add_user(server.http)
            server.http.post(f"/users/{user['id']}/welcome").raise_for_status()
        assert wait_until(lambda: figure(server.http, "_tasks_waiting") >= 3, WITHIN_S)
        assert figure(server.http, "_task_workers") == 0
        assert figure(server.http, "_tasks_oldest_seconds") > 0
        with place.start("worker", "--processes", "2", "--metrics-port", str(port)) as worker:
            assert wait_until(lambda: "ready." in worker.log.read_text(), WITHIN_S)
            done = {"task": "send_welcome", "outcome": "succeeded"}
            assert reaches(http, 3, "_tasks_finished_total", **done)
            assert reaches(server.http, 1, "_task_workers")
            assert reaches(server.http, 0, "_tasks_waiting")
            assert promtool("check", "metrics", text=http.get("/metrics").text) == ""
            worker.stop()
            assert worker.ends_within(WITHIN_S) == 0


def test_a_port_that_is_taken_is_a_sentence(place: Workspace) -> None:
    with serving(place) as server:
        result = place.run("worker", "--metrics-port", str(server.port))

    assert result.returncode == 1
    assert f"cannot listen on {HOST}, port {server.port}" in result.stderr
    assert "Traceback" not in result.stderr
