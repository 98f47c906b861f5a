"""What a connection takes: requests sent at once, and half a request."""

import socket
import time

from ..servers import HOST, Server, serving
from ..workspace import Workspace

FIRST_AND_LAST = b'{"status":"ok"}'
KEEP_ALIVE_S = 1
ENDS_WITHIN_S = 20.0


def sent(connection: socket.socket, *paths: str) -> None:
    """Send a request for each path, all in one piece."""
    lines = [f"GET {path} HTTP/1.1\r\nhost: {HOST}\r\n\r\n" for path in paths]
    connection.sendall("".join(lines).encode())


def test_requests_sent_at_once_are_answered_in_order(server: Server) -> None:
    with socket.create_connection((HOST, server.port), timeout=ENDS_WITHIN_S) as connection:
        sent(connection, "/healthz", "/readyz", "/nothing", "/healthz")
        answers = b""
        while answers.count(FIRST_AND_LAST) < 2:
            piece = connection.recv(65_536)
            assert piece
            answers += piece

    places = [answers.index(text) for text in (FIRST_AND_LAST, b'"ready"', b'"status":404')]
    assert places == sorted(places)
    assert answers.endswith(FIRST_AND_LAST)


def test_a_connection_ends_on_which_no_whole_request_comes(workspace: Workspace) -> None:
    brief = workspace.with_settings(SERVER__KEEP_ALIVE_S=KEEP_ALIVE_S)
    with serving(brief) as server:
        for start in (b"", b"GET /healthz HTTP/1.1\r\nho"):
            with socket.create_connection((HOST, server.port), timeout=ENDS_WITHIN_S) as half:
                began = time.monotonic()
                half.sendall(start)

                assert half.recv(1) == b""
                assert time.monotonic() - began >= KEEP_ALIVE_S / 2
