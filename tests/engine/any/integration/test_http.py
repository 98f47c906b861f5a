"""What the server makes of HTTP itself, byte for byte."""

import re
from contextlib import ExitStack

import pytest
from hotpath.testing.servers import Server, serving
from hotpath.testing.workspace import Workspace

from ..shop import KINDS
from ..sockets import GET, HEALTHY, LAST, connected, sent, until_closed


def test_requests_sent_at_once_are_answered_in_their_order(server: Server) -> None:
    paths = 5 * ("/healthz", "/readyz", "/nothing", "/metrics")
    requests = [
        f"GET {path} HTTP/1.1\r\nx-request-id: r{number}\r\nhost: test\r\n\r\n"
        for number, path in enumerate(paths)
    ]

    received = sent(server.port, "".join(requests).encode() + LAST)

    ids = re.findall(rb"x-request-id: r(\d+)\r\n", received)
    assert ids == [str(number).encode() for number in range(20)]
    assert received.endswith(HEALTHY)


def test_a_request_may_come_byte_by_byte(server: Server) -> None:
    received = sent(server.port, *(bytes([each]) for each in LAST))

    assert received.startswith(b"HTTP/1.1 200 OK\r\n")


def test_the_connection_of_an_old_client_is_closed(server: Server) -> None:
    received = sent(server.port, b"GET /healthz HTTP/1.0\r\n\r\n")

    head, _, body = received.partition(b"\r\n\r\n")
    assert body == HEALTHY
    assert b"\r\ncontent-length: 15\r\n" in head
    assert b"chunked" not in head


def test_every_answer_has_a_date_and_none_names_the_server(server: Server) -> None:
    head = sent(server.port, LAST).partition(b"\r\n\r\n")[0].lower()

    assert len(re.findall(rb"\r\ndate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d gmt", head)) == 1
    assert b"uvicorn" not in head
    assert b"gunicorn" not in head


@pytest.mark.parametrize(
    "request_",
    [
        b"nonsense\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nhost: test\r\nbad header: 1\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
        b"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 2\r\n"
        b"transfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
def test_what_is_not_http_is_refused(server: Server, request_: bytes) -> None:
    assert sent(server.port, request_).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("kind", KINDS)
def test_a_request_of_two_lengths_is_the_last_of_its_connection(
    workspace: Workspace, kind: str
) -> None:
    """Refused, or read by its chunks (RFC 9112 6.3): what one of them leaves is no request."""
    lengths = b"host: test\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"
    with serving(workspace.with_settings(SERVER__KIND=kind)) as server:
        for line in (b"POST /nothing HTTP/1.1\r\n", b"GET /healthz HTTP/1.1\r\n"):
            received = sent(server.port, line + lengths + GET)

            assert received.count(b"HTTP/1.1 ") == 1


def test_a_body_that_nobody_reads_does_not_spoil_the_connection(server: Server) -> None:
    size = 300_000
    head = f"POST /nothing HTTP/1.1\r\nhost: test\r\ncontent-length: {size}\r\n\r\n".encode()

    received = sent(server.port, head, b"x" * size, LAST)

    assert received.startswith(b"HTTP/1.1 404 ")
    assert received.endswith(HEALTHY)


def test_silent_clients_are_let_go(workspace: Workspace) -> None:
    hasty = workspace.with_settings(SERVER__KEEP_ALIVE_S=1, SERVER__HEAD_TIMEOUT_S=1)
    with serving(hasty) as server, ExitStack() as stack:
        silent, begun, idle = (stack.enter_context(connected(server.port)) for _ in range(3))
        begun.sendall(GET[:20])
        idle.sendall(GET)

        assert until_closed(silent) == b""
        assert until_closed(begun).startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        assert until_closed(idle).endswith(HEALTHY)
