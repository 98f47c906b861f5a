"""Another service that fails in the ways that services do: sockets by hand, on loopback."""

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread

from hotpath.testing.servers import HOST

Behaviour = Callable[["FaultyService", socket.socket, bytes], bool]
"""What is done with a request, whose head it gets; returns whether the connection stays open."""

OK = b'HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n{"fine":true}'
ABORT = struct.pack("ii", 1, 0)


class FaultyService:
    """Takes connections; what it does with a request can be changed at any time.

    Attributes:
        requests: The heads of those that came whole.
        connections: How many were taken.
        most_at_once: The most requests that were in progress at the same time.
    """

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.requests: list[bytes] = []
        self.connections = 0
        self.most_at_once = 0
        self._at_once = 0
        self._lock = Lock()
        self.stopped = Event()
        self._listening = socket.create_server((HOST, 0), backlog=512)
        self.url = f"http://{HOST}:{self._listening.getsockname()[1]}"
        Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        """Let go of everything."""
        self.stopped.set()
        self._listening.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for connections
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                connection, _ = self._listening.accept()
                self.connections += 1
                Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):  # the other side was first
            while self._take(connection):
                pass

    def _take(self, connection: socket.socket) -> bool:
        head = bytearray()
        while b"\r\n\r\n" not in head:
            piece = connection.recv(65_536)
            if not piece:
                return False
            head += piece
        with self._lock:
            self.requests.append(bytes(head))
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            return self.behaviour(self, connection, bytes(head))
        finally:
            with self._lock:
                self._at_once -= 1


@contextmanager
def faulty_service(behaviour: Behaviour) -> Iterator[FaultyService]:
    """Run one until the end of the block."""
    service = FaultyService(behaviour)
    try:
        yield service
    finally:
        if not service.stopped.is_set():
            service.stop()


def works(_: FaultyService, connection: socket.socket, __: bytes) -> bool:
    """Answer at once."""
    connection.sendall(OK)
    return True


def answers_after(seconds: float) -> Behaviour:
    """Answer late."""

    def behave(service: FaultyService, connection: socket.socket, __: bytes) -> bool:
        service.stopped.wait(seconds)
        connection.sendall(OK)
        return True

    return behave


def answers_with(status: int, headers: str = "") -> Behaviour:
    """Answer with another status."""

    def behave(_: FaultyService, connection: socket.socket, __: bytes) -> bool:
        connection.sendall(f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\n{headers}\r\n".encode())
        return True

    return behave


def works_once(_: FaultyService, connection: socket.socket, __: bytes) -> bool:
    """Answer, and close the connection without having said so."""
    connection.sendall(OK)
    return False


def resets(_: FaultyService, connection: socket.socket, __: bytes) -> bool:
    """Cut the connection."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
    return False


def is_silent(service: FaultyService, _: socket.socket, __: bytes) -> bool:
    """Never answer: a black hole."""
    service.stopped.wait()
    return False


def is_half_open(service: FaultyService, connection: socket.socket, __: bytes) -> bool:
    """Send nothing any more, and keep on reading."""
    connection.shutdown(socket.SHUT_WR)
    service.stopped.wait()
    return False


def trickles(service: FaultyService, connection: socket.socket, __: bytes) -> bool:
    """Send a body byte by byte, each sooner than a read times out."""
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
    while not service.stopped.wait(0.05):
        connection.sendall(b"x")
    return False


def trickles_headers(service: FaultyService, connection: socket.socket, __: bytes) -> bool:
    """Send a header byte by byte."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nx-long: ")
    while not service.stopped.wait(0.05):
        connection.sendall(b"x")
    return False


def never_ends(service: FaultyService, connection: socket.socket, __: bytes) -> bool:
    """Send a body without end, as fast as it is read."""
    connection.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    piece = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    while not service.stopped.is_set():
        connection.sendall(piece)
    return False


def is_cut(_: FaultyService, connection: socket.socket, __: bytes) -> bool:
    """End in the middle of a body."""
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nxxx")
    return False


def is_no_http(_: FaultyService, connection: socket.socket, __: bytes) -> bool:
    """Speak something else."""
    connection.sendall(b"SSH-2.0-OpenSSH_9.9\r\n")
    return False
