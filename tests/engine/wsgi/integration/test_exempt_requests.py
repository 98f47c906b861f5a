"""Health checks are handled beside threads that may not be busy with other requests."""

from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest

from ..sockets import connected, until_closed
from ..wsgi_server import WsgiServer

REQUEST = b"GET /users HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n"
KEPT = b"GET /healthz HTTP/1.1\r\nhost: test\r\n\r\n"
"""Twice on a connection, its head is parsed once."""
SOON_S = 20.0


class Application:
    """Responds to health checks at once, and to all else when it may."""

    def __init__(self) -> None:
        self.may_respond = Event()

    def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] != "/healthz":
            self.may_respond.wait(SOON_S)
        start_response("200 OK", [("content-length", "2")])
        return [b"ok"]


@pytest.fixture
def application() -> Iterator[Application]:
    application = Application()
    yield application
    application.may_respond.set()


def test_a_health_check_waits_for_no_other_request(application: Application) -> None:
    with WsgiServer(application) as server:
        server.let_be_busy(1)
        with connected(server.port) as one, connected(server.port) as two:
            one.sendall(REQUEST)
            two.sendall(REQUEST)
            with connected(server.port) as three:
                three.settimeout(SOON_S / 2)
                for _ in range(3):
                    three.sendall(KEPT)
                    assert three.recv(4096).endswith(b"\r\n\r\nok")
            application.may_respond.set()

            assert until_closed(one).endswith(b"ok")
            assert until_closed(two).endswith(b"ok")
