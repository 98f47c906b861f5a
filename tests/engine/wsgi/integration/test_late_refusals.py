"""A request that has waited too long for a thread is told so, whatever it has sent by then."""

from collections.abc import Iterator
from typing import Any

import pytest
from hotpath.server.shedding import Shedder

from ..sockets import connected, until_closed
from ..wsgi_server import WsgiServer

POST = b"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: %d\r\n\r\n"
NEXT = b"GET /healthz HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n"


def application(environ: Any, start_response: Any) -> list[bytes]:
    """Respond to what is not refused."""
    start_response("200 OK", [("content-length", "2")])
    return [b"ok"]


@pytest.fixture
def busy() -> Iterator[WsgiServer]:
    """Return a server, all of whose requests have waited too long but those that are exempt."""
    shedder = Shedder(0.01, lambda: 0, lambda: 0, lambda: None)
    shedder.tick(0.2, 0.2)
    shedder.late_s = -1.0
    with WsgiServer(application) as server:
        server.refuse_late(shedder)
        yield server


@pytest.mark.parametrize("size", [10, 300_000, 5_000_000])
def test_it_can_be_read_while_the_body_still_comes(busy: WsgiServer, size: int) -> None:
    with connected(busy.port) as connection:
        connection.sendall(POST % size + bytes(size))
        received = until_closed(connection) if size > 10 else connection.recv(4096)

    assert received.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nretry-after: 1\r\n" in received


@pytest.mark.parametrize(("method", "has_body"), [(b"GET", True), (b"HEAD", False)])
def test_the_connection_stays_for_the_next_request(
    busy: WsgiServer, method: bytes, has_body: bool
) -> None:
    with connected(busy.port) as connection:
        connection.sendall(b"%b / HTTP/1.1\r\nhost: test\r\n\r\n" % method + NEXT)
        received = until_closed(connection)

    refusal, _, rest = received.partition(b"\r\n\r\n")
    assert refusal.startswith(b"HTTP/1.1 503 ")
    assert rest.startswith(b"{") == has_body
    assert rest.endswith(b"\r\n\r\nok")
