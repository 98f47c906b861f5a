"""Heads without end, bodies that do not come, requests that are none."""

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from time import monotonic

import psutil
import pytest
from hotpath.testing.servers import HOST, Server, serving
from hotpath.testing.workspace import Workspace

from ..log_lines import children
from ..sockets import GET, HEALTHY, LAST, connected, sent, until_closed
from ..users import unique_email

LINE = b"GET /healthz HTTP/1.1\r\n"
HOSTED = LINE + b"host: test\r\n"
POST = (
    b"POST /%b HTTP/1.1\r\nhost: test\r\n"
    b"content-type: application/json\r\ncontent-length: 9000\r\n\r\n"
)
UPGRADE = b"upgrade: h2c\r\nconnection: upgrade\r\n"
FLOOD_S = 2.0
MOST_MIB = 40


CHUNKS = 60_000
CHUNKED = (
    b"POST /users HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n"
    b"transfer-encoding: chunked\r\nconnection: close\r\n\r\n"
)
SOON_S = 10.0
"""Far less than what a cost that grows with the square of the chunks would take."""


def test_chunks_of_a_byte_cost_what_their_bytes_do(server: Server) -> None:
    body = json.dumps({"email": unique_email(), "name": "Ada"}).encode()
    chunks = [b"1\r\n%c\r\n" % byte for byte in body + b" " * CHUNKS]
    with connected(server.port) as connection:
        started = monotonic()
        connection.sendall(CHUNKED + b"".join(chunks) + b"0\r\n\r\n")
        received = until_closed(connection)

    assert received.startswith(b"HTTP/1.1 201 ")
    assert monotonic() - started < SOON_S


@pytest.fixture(scope="module")
def hasty(workspace: Workspace) -> Iterator[Server]:
    settings = {"SERVER__HEAD_TIMEOUT_S": 1, "SERVER__BODY_TIMEOUT_S": 1}
    with serving(workspace.with_settings(**settings)) as server:
        yield server


def status(received: bytes) -> int:
    """Return the status of the first response, which is a problem or says that all is well."""
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head or body == HEALTHY, received
    return int(head[9:12])


@pytest.mark.parametrize("request_", [LINE + b"\r\n", HOSTED + b"a: b\r\n" * 101 + b"\r\n"])
def test_a_refusal_of_head_has_no_body(request_: bytes, server: Server) -> None:
    received = sent(server.port, request_.replace(b"GET", b"HEAD", 1))

    assert received.startswith(b"HTTP/1.1 4")
    assert b"\r\ncontent-length: " in received
    assert received.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (LINE + b"\r\n", 400),
        (HOSTED + b"host: test\r\n\r\n", 400),
        (LINE + b"host: a b\r\n\r\n", 400),
        (LINE + b"host: a/b\r\n\r\n", 400),
        (LINE + b"host:\r\nconnection: close\r\n\r\n", 200),
        (b"GET /healthz HTTP/1.0\r\n\r\n", 200),
        (HOSTED + b"a: b\r\n" * 101 + b"\r\n", 431),
        (HOSTED + b"a: " + b"b" * 40_000 + b"\r\n\r\n", 431),
        (b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nhost: test\r\n\r\n", 431),
        (HOSTED + b"content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (HOSTED + b"content-length: 1\r\ncontent-length: 2\r\n\r\n", 400),
        (HOSTED + b"a : b\r\n\r\n", 400),
        (HOSTED.replace(b"\r", b"") + b"\n", 400),
        (b"\x16\x03\x01\r\n\r\n", 400),
        (HOSTED[:-2], 408),
        (POST % b"users" + b"{", 408),
        (POST % b"users/bulk" + b"[", 408),
    ],
)
def test_what_is_no_request_is_told_so(hasty: Server, request_: bytes, expected: int) -> None:
    received = sent(hasty.port, request_)

    assert status(received) == expected
    assert received.count(b"HTTP/1.1 ") == 1
    assert expected == 200 or b"\r\nconnection: close\r\n" in received.lower()


def test_the_rest_of_a_body_that_nobody_reads_may_not_stay_away(hasty: Server) -> None:
    assert status(sent(hasty.port, POST % b"nothing" + b"{")) == 404


def test_an_upgrade_is_ignored(hasty: Server) -> None:
    user = json.dumps({"email": unique_email(), "name": "Ada"}).encode()
    post = (POST % b"users").replace(b"9000", b"%d" % len(user))
    with_body = post[:-2] + UPGRADE + b"\r\n" + user

    received = sent(hasty.port, HOSTED + UPGRADE + b"\r\n" + with_body + LAST)

    statuses = [part[:3] for part in received.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"200", b"201", b"200"]


@pytest.mark.parametrize("more", [b"", UPGRADE])
def test_what_follows_the_last_request_is_left(hasty: Server, more: bytes) -> None:
    received = sent(hasty.port, HOSTED + more + b"\r\n" + LAST + b"what is no request\r\n\r\n")

    statuses = [part[:3] for part in received.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"200", b"200"]


def test_trailers_are_no_headers(hasty: Server) -> None:
    chunked = b"POST /nothing HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n"
    trailers = b"0\r\nhost: other\r\n" + b"a: b\r\n" * 200 + b"\r\n"

    received = sent(hasty.port, chunked + trailers + LAST)

    assert received.endswith(HEALTHY)


def test_who_has_closed_its_direction_gets_its_responses(hasty: Server) -> None:
    with connected(hasty.port) as connection:
        connection.sendall(GET + b"GET /users?limit=1 HTTP/1.1\r\nhost: test\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        received = until_closed(connection)

    assert received.count(b"HTTP/1.1 200 OK\r\n") == 2


def test_a_dripped_body_ends(hasty: Server) -> None:
    started = monotonic()
    with connected(hasty.port) as connection, suppress(BrokenPipeError, ConnectionResetError):
        connection.sendall(POST % b"users")
        connection.settimeout(0.1)
        received = b""
        while not received and monotonic() - started < 10:
            connection.sendall(b" ")
            with suppress(TimeoutError):
                received = connection.recv(1 << 16)

    assert status(received) == 408
    assert monotonic() - started < 5


@pytest.mark.parametrize("piece", [b"a: b\r\n" * 1000, b"a" * 60_000])
def test_heads_without_end_take_no_memory(hasty: Server, piece: bytes) -> None:
    before, most = resident_mib(hasty), 0.0
    for _ in range(10):
        with socket.create_connection((HOST, hasty.port)) as connection:
            connection.sendall(HOSTED)
            end = monotonic() + FLOOD_S / 10
            with suppress(OSError):
                while monotonic() < end:
                    connection.sendall(piece)
        most = max(most, resident_mib(hasty) - before)

    assert most < MOST_MIB
    assert sent(hasty.port, LAST).endswith(HEALTHY)


def resident_mib(server: Server) -> float:
    """Return the memory of all its processes."""
    pid = server.program.process.pid
    pids = [pid, *children(pid)]
    return sum(psutil.Process(each).memory_info().rss for each in pids) / 2**20


def test_a_client_that_asks_before_it_sends_a_body_is_told_to(hasty: Server) -> None:
    body = json.dumps({"email": unique_email(), "name": "Ada"}).encode()
    head = (
        b"POST /users HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n"
        b"connection: close\r\nexpect: 100-Continue\r\ncontent-length: %d\r\n\r\n" % len(body)
    )
    with connected(hasty.port) as connection:
        connection.sendall(head)
        assert connection.recv(1 << 16) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert until_closed(connection).startswith(b"HTTP/1.1 201 ")
