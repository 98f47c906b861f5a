"""Every line that a server writes in production: at its start, at a crash, at its end."""

import os
import signal
import socket
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hotpath.testing.servers import HOST, Server, answers, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until

from ..log_lines import children, events, json_lines
from ..planted_service import serving_planted
from ..shop import KINDS

WITHIN_S = 20.0
ENDS_WITHIN_S = 15.0
STARTED = {
    "uvicorn": "Application startup complete",
    "granian": "Started worker",
    "gunicorn": "Booting worker",
}
FORWARDED = "203.0.113.9, 198.51.100.1, 127.0.0.7"


def send_garbage(port: int) -> None:
    with socket.create_connection((HOST, port)) as connection:
        connection.sendall(b"\x16\x03\x01 no HTTP\r\n\r\n")
        connection.recv(1000)


@pytest.mark.parametrize("kind", KINDS)
def test_every_line_of_a_server_is_an_object(kind: str, workspace: Workspace) -> None:
    place = workspace.with_settings(SERVER__KIND=kind, SERVER__WORKERS=2)
    with serving(place) as server:
        send_garbage(server.port)
        server.http.get("/nothing")
        log = server.program.log
        assert wait_until(lambda: str(events(log)).count(STARTED[kind]) == 2, WITHIN_S)
        os.kill(children(server.program.process.pid)[-1], signal.SIGKILL)
        assert wait_until(lambda: str(events(log)).count(STARTED[kind]) == 3, WITHIN_S)
        assert wait_until(lambda: answers(server.port), WITHIN_S)
        server.program.stop()
        server.program.ends_within(ENDS_WITHIN_S)

        assert "request" in events(log)


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_is_one_line_with_its_traceback(
    kind: str, workspace: Workspace, tmp_path: Path
) -> None:
    with serving_planted(workspace, tmp_path, SERVER__KIND=kind) as server:
        for path in ("/fail", "/fail-hot"):
            request_id = uuid4().hex
            answer = server.http.get(
                path, params={"secret": "x"}, headers={"x-request-id": request_id}
            )
            assert answer.status_code == 500

            assert wait_until(partial(failures, server, request_id), WITHIN_S)
            [failed] = failures(server, request_id)
            assert failed["event"] == "request failed"
            assert failed["exception"].endswith("RuntimeError: planted, 7")


def failures(server: Server, request_id: str) -> list[dict[str, Any]]:
    """Return the lines of a request that have a traceback."""
    return [
        line
        for line in json_lines(server.program.log)
        if line.get("request_id") == request_id and "exception" in line
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_the_client_is_who_a_trusted_proxy_says(kind: str, workspace: Workspace) -> None:
    trusting = workspace.with_settings(
        SERVER__KIND=kind, SERVER__TRUSTED_PROXIES="127.0.0.0/8, 198.51.100.1"
    )
    distrusting = workspace.with_settings(SERVER__KIND=kind)

    with serving(trusting) as server:
        assert logged_clients(server, FORWARDED) == ["203.0.113.9"] * 2
    with serving(distrusting) as server:
        assert logged_clients(server, FORWARDED) == ["127.0.0.1"] * 2


def logged_clients(server: Server, forwarded: str) -> list[str]:
    """Return the client of a request to a hot route and of one to another route."""
    ids = []
    for path in ("/healthz", "/tasks/x"):
        ids.append(uuid4().hex)
        server.http.get(path, headers={"x-forwarded-for": forwarded, "x-request-id": ids[-1]})

    def found() -> list[str]:
        lines = json_lines(server.program.log)
        client_by_id = {line.get("request_id"): line.get("client") for line in lines}
        return [client_by_id[each] for each in ids if each in client_by_id]

    assert wait_until(lambda: len(found()) == len(ids), WITHIN_S)
    return found()


@pytest.mark.parametrize("kind", KINDS)
def test_a_proxy_that_adds_a_line_of_its_own_is_believed_first(
    kind: str, workspace: Workspace
) -> None:
    place = workspace.with_settings(SERVER__KIND=kind, SERVER__TRUSTED_PROXIES="127.0.0.1")
    with serving(place) as server:
        for path, number in (("/healthz", 1), ("/healthz", 2), ("/tasks/x", 3)):
            server.http.get(
                path,
                headers=[
                    ("x-request-id", f"spoofed-{number}"),
                    ("x-forwarded-for", "10.9.9.9"),
                    ("x-forwarded-for", "203.0.113.5"),
                ],
            )

        def clients() -> list[str]:
            lines = json_lines(server.program.log)
            return [
                line["client"]
                for line in lines
                if str(line.get("request_id")).startswith("spoofed-")
            ]

        assert wait_until(lambda: len(clients()) == 3, WITHIN_S)
        assert set(clients()) == {"203.0.113.5"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_slow_request_says_where_its_time_went(
    kind: str, workspace: Workspace, tmp_path: Path
) -> None:
    settings = {"SERVER__KIND": kind, "OBSERVABILITY__SLOW_REQUEST_S": 0.1}
    with serving_planted(workspace, tmp_path, **settings) as server:
        timing = server.http.get("/slow").headers["server-timing"]
        server.http.get("/healthz")

        lines = json_lines(server.program.log)
        [slow] = [line for line in lines if line["event"] == "slow request"]
    assert (slow["route"], slow["level"], slow["status"]) == ("/slow", "warning", 200)
    assert slow["database_s"] > 0.01
    assert 0.045 <= slow["outbound_s"] < slow["seconds"] - 0.045
    assert slow["own_s"] >= 0.045
    parts = slow["database_s"] + slow["cache_s"] + slow["outbound_s"] + slow["own_s"]
    assert parts == pytest.approx(slow["seconds"], abs=1e-5)
    shown = dict(part.split(";dur=") for part in timing.split(", "))
    assert float(shown["db"]) == pytest.approx(slow["database_s"] * 1000, abs=0.01)
    assert float(shown["outbound"]) == pytest.approx(slow["outbound_s"] * 1000, abs=0.01)


def test_hot_routes_say_how_long_they_waited_for_the_database(server: Server) -> None:
    email = f"{uuid4().hex}@example.com"
    user = server.http.post("/users", json={"email": email, "name": "Ada"}).json()
    path = f"/users/{user['id']}"

    loaded = server.http.get(path).headers["server-timing"]
    cached = server.http.get(path).headers["server-timing"]

    assert "db;dur=" in loaded
    assert "db;dur=" not in cached
