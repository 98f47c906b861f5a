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


def until_ended(connection: socket.socket) -> tuple[bytes, bool]:
    """Return what comes until a connection is closed, reset, or silent; tell whether it ended."""
    received = bytearray()
    try:
        while piece := connection.recv(1 << 16):
            received += piece
    except TimeoutError:
        return bytes(received), False
    except ConnectionError:
        pass
    return bytes(received), True


def responded(connection: socket.socket) -> bytes:
    """Return one response, which has a `content-length`."""
    received = b""
    while len(received) < _size_of(received):
        piece = connection.recv(1 << 16)
        assert piece, received
        received += piece
    assert len(received) == _size_of(received), received
    return received


def _size_of(received: bytes) -> int:
    """Return the size of a response as far as it is known."""
    head, end, _ = received.partition(b"\r\n\r\n")
    length = head.lower().partition(b"\r\ncontent-length: ")[2].partition(b"\r\n")[0]
    return len(head) + len(end) + int(length or 0) if end else len(received) + 1
