"""A proxy to a server that can be slow, silent or cut, for one process and not for another."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread
from urllib.parse import urlsplit

from hotpath.testing.servers import HOST

CHUNK = 65_536


class TcpProxy:
    """Carries bytes both ways, between those who connect to `port` and a server."""

    def __init__(self, url: str) -> None:
        self._target = (HOST, urlsplit(url).port)
        self._lock = Lock()
        self._ends: list[socket.socket] = []
        self._is_cut = False
        self._carries = Event()
        self._carries.set()
        self._stopped = Event()
        self._delay_s = 0.0
        self._listening = socket.create_server((HOST, 0))
        port = self._listening.getsockname()[1]
        self.url = urlsplit(url)._replace(netloc=f"{HOST}:{port}").geturl()
        Thread(target=self._accept, daemon=True).start()

    @contextmanager
    def slow(self, delay_s: float) -> Iterator[None]:
        """Let everything arrive later, until the end of the block."""
        self._delay_s = delay_s
        yield
        self._delay_s = 0.0

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Take bytes and carry them nowhere, until the end of the block."""
        self._carries.clear()
        yield
        self._carries.set()

    @contextmanager
    def cut(self) -> Iterator[None]:
        """End all connections, and each new one at once, until the end of the block."""
        self._is_cut = True
        self._close_all()
        yield
        self._is_cut = False

    def close(self) -> None:
        """Let go of everything."""
        self._stopped.set()
        self._carries.set()
        _close(self._listening)
        self._close_all()

    def _close_all(self) -> None:
        with self._lock:
            ends, self._ends = self._ends, []
        for end in ends:
            _close(end)

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                client, _ = self._listening.accept()
                if self._is_cut:
                    _close(client)
                else:
                    self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self._target)
        except OSError:
            _close(client)
            return
        with self._lock:
            self._ends += [client, server]
        for pair in ((client, server), (server, client)):
            Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):  # an end was closed
            while data := source.recv(CHUNK):
                self._stopped.wait(self._delay_s)
                self._carries.wait()
                target.sendall(data)
        _close(source)
        _close(target)


@contextmanager
def proxied(url: str) -> Iterator[TcpProxy]:
    """Run a proxy to the server at `url`."""
    proxy = TcpProxy(url)
    try:
        yield proxy
    finally:
        proxy.close()


def _close(end: socket.socket) -> None:
    with suppress(OSError):  # the other side was first
        end.shutdown(socket.SHUT_RDWR)
    end.close()
