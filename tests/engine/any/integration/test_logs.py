"""What a request leaves in the log."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hotpath.testing.servers import Server, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until

LOGGED_WITHIN_S = 5.0
ENDS_WITHIN_S = 10.0


def logged(log: Path, request_id: str) -> list[dict[str, Any]]:
    """Return the lines of one request, once there is one."""

    def found() -> list[str]:
        return [line for line in log.read_text().splitlines() if request_id in line]

    assert wait_until(lambda: bool(found()), LOGGED_WITHIN_S)
    return [json.loads(line) for line in found()]


@pytest.mark.parametrize(
    ("method", "path", "route", "status"),
    [
        ("GET", "/healthz", "/healthz", 200),
        ("GET", "/healthz?secret=7", "/healthz", 200),
        ("GET", "/tasks/xyz", "/tasks/{task_id}", 422),
        ("HEAD", "/readyz", "/readyz", 200),
        ("GET", "/nothing", "<unmatched>", 404),
        ("GET", "/%1B%5B31mred", "<unmatched>", 404),
        ("DELETE", "/healthz", "<unmatched>", 405),
    ],
)
def test_a_request_leaves_one_line_with_its_id(
    server: Server, method: str, path: str, route: str, status: int
) -> None:
    request_id = uuid4().hex

    server.http.request(method, path, headers={"x-request-id": request_id})

    [line] = logged(server.program.log, request_id)
    assert line.pop("seconds") >= 0
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "request",
        "level": "info",
        "logger": "hotpath.observability.access_log",
        "client": "127.0.0.1",
        "request_id": request_id,
        "method": method,
        "path": path.partition("?")[0],
        "route": route,
        "status": status,
    }


def test_a_replaced_id_is_the_one_that_is_logged(server: Server) -> None:
    answer = server.http.get("/healthz", headers={"x-request-id": "not harmless"})

    [line] = logged(server.program.log, answer.headers["x-request-id"])
    assert line["path"] == "/healthz"
    assert "not harmless" not in server.program.log.read_text()


def test_the_last_line_is_written_though_the_server_stops_at_once(workspace: Workspace) -> None:
    request_id = uuid4().hex
    with serving(workspace) as server:
        server.http.get("/healthz", headers={"x-request-id": request_id})
        server.program.stop()
        server.program.ends_within(ENDS_WITHIN_S)

    assert request_id in server.program.log.read_text()
