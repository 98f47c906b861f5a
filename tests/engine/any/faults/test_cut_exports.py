"""Exports that do not come to their end: someone leaves, stalls, or the database breaks."""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import psutil
import pytest
from hotpath.testing.problems import assert_problem
from hotpath.testing.servers import HOST, Server, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until

from ..database import unreadable
from ..many_users import crowded

USERS = 40_000
SMALL_BUFFER_BYTES = 4096
FREED_WITHIN_S = 1
STALL_S = 0.3
SOON_S = 10.0
BUSY = "All connections to the database are in use; try again soon."


@pytest.fixture(scope="module")
def crowd(
    workspace: Workspace, services: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Workspace:
    """Return a place whose export is larger than all buffers on the way; one connection serves."""
    folder: Path = tmp_path_factory.mktemp("crowd")
    place = crowded(workspace, services, folder, users=USERS)
    return place.with_settings(DB__POOL_SIZE=1, DB__MAX_OVERFLOW=0, DB__POOL_WAIT_S=FREED_WITHIN_S)


@pytest.fixture(scope="module")
def server(crowd: Workspace) -> Iterator[Server]:
    """Run a server that has one connection to the database."""
    with serving(crowd) as running:
        yield running


@contextmanager
def export(port: int, layout: str, request_id: str = "") -> Iterator[socket.socket]:
    """Yield the connection of an export that has begun; little of it fits into our buffers."""
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER_BYTES)
        connection.connect((HOST, port))
        path, named = f"/users/export?format={layout}", f"x-request-id: {request_id or 'any'}"
        connection.sendall(f"GET {path} HTTP/1.1\r\nhost: test\r\n{named}\r\n\r\n".encode())
        assert connection.recv(12) == b"HTTP/1.1 200"
        yield connection


def rest(connection: socket.socket) -> bytes:
    """Read until the server closes the connection."""
    received = bytearray()
    while piece := connection.recv(1 << 20):
        received += piece
    return bytes(received)


def is_free(http: httpx2.Client) -> bool:
    """Tell whether a connection to the database is there within the time a request waits."""
    answer = http.get("/users?limit=1")
    assert answer.status_code in {200, 503}
    return answer.status_code == 200


def logged(server: Server, request_id: str) -> list[dict[str, Any]]:
    """Return the lines that the request left when it ended."""
    lines = server.program.log.read_text().splitlines()
    requests = (json.loads(line) for line in lines if request_id in line)
    return [line for line in requests if line["event"] == "request"]


def aborted(server: Server, request_id: str) -> list[bool]:
    """Return what the log says of how the request ended."""
    return [line.get("aborted", False) for line in logged(server, request_id)]


def test_a_client_that_leaves_frees_the_connection(server: Server) -> None:
    request_id = uuid4().hex
    with export(server.port, "ndjson", request_id):
        refused = server.http.get("/users/export")
        assert_problem(refused, 503, BUSY)

    assert is_free(server.http)
    assert wait_until(lambda: aborted(server, request_id) == [True], SOON_S)
    assert "Traceback" not in server.program.log.read_text()  # clients leave every day


def test_asking_for_headers_takes_no_rows(server: Server) -> None:
    for _ in range(3):
        answer = server.http.head("/users/export?format=json")
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["content-type"] == "application/json"
        assert "content-length" not in answer.headers
    assert is_free(server.http)


@pytest.mark.parametrize("layout", ["ndjson", "json"])
def test_a_broken_database_leaves_an_answer_without_its_end(
    server: Server, crowd: Workspace, layout: str
) -> None:
    request_id = uuid4().hex
    with export(server.port, layout, request_id) as connection, unreadable(crowd.settings().db):
        received = rest(connection)

    assert b"chunked" in received
    assert not received.endswith(b"0\r\n\r\n")
    assert not received.endswith(b"]\r\n")
    assert f"user-{USERS}@".encode() not in received
    assert is_free(server.http)
    assert wait_until(lambda: aborted(server, request_id) == [True], SOON_S)


def test_a_client_that_takes_nothing_is_dropped(crowd: Workspace) -> None:
    with (
        serving(crowd.with_settings(SERVER__STREAM_STALL_S=STALL_S)) as server,
        export(server.port, "ndjson"),
    ):
        assert wait_until(lambda: is_free(server.http), SOON_S)


def connections_of(server: Server) -> int:
    """Return how many connections of clients a server has."""
    process = psutil.Process(server.program.process.pid)
    opened = process.net_connections("tcp")
    return sum(
        each.status == psutil.CONN_ESTABLISHED and each.laddr.port == server.port for each in opened
    )


def test_the_connection_of_a_client_that_takes_nothing_is_closed(crowd: Workspace) -> None:
    with serving(crowd.with_settings(SERVER__STREAM_STALL_S=STALL_S)) as server:
        before = connections_of(server)
        with export(server.port, "ndjson"), socket.socket() as pipelining:
            pipelining.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER_BYTES)
            pipelining.connect((HOST, server.port))
            pipelining.settimeout(1)
            with suppress(OSError):  # it stops to read
                pipelining.sendall(b"GET /users?limit=100 HTTP/1.1\r\nhost: test\r\n\r\n" * 5000)
            assert wait_until(lambda: connections_of(server) <= before, SOON_S)


def test_an_export_that_the_end_of_the_server_cuts_leaves_its_line(crowd: Workspace) -> None:
    request_id = uuid4().hex
    hasty = crowd.with_settings(SERVER__SHUTDOWN_S=1)

    with serving(hasty) as server, export(server.port, "ndjson", request_id):
        server.program.stop()
        server.program.ends_within(SOON_S)

    [line] = logged(server, request_id)
    assert line["aborted"] is True
    assert (line["route"], line["status"]) == ("/users/export", 200)
