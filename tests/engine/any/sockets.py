"""HTTP by hand, byte for byte."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from hotpath.testing.servers import HOST

ANSWERS_WITHIN_S = 20.0
HEALTHY = b'{"status":"ok"}'
GET = b"GET /healthz HTTP/1.1\r\nhost: test\r\n\r\n"
LAST = b"GET /healthz HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n"


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    """Yield a connection."""
    with socket.create_connection((HOST, port), timeout=ANSWERS_WITHIN_S) as connection:
        yield connection


def sent(port: int, *pieces: bytes) -> bytes:
    """Send bytes; return what comes until the server closes the connection."""
    with connected(port) as connection:
        for piece in pieces:
            connection.sendall(piece)
        return until_closed(connection)


def until_closed(connection: socket.socket) -> bytes:
    """Return what comes until the server closes the connection."""
    received = bytearray()
    while piece := connection.recv(1 << 16):
        received += piece
    return bytes(received)
