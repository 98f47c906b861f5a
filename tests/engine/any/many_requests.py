"""Many requests, each on a connection of its own, so that all processes get some."""

import socket
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Event, Thread
from time import monotonic
from typing import Any

import httpx2
from hotpath.testing.servers import ANSWERS_WITHIN_S, HOST, client


def rush(port: int, path: str, requests: int) -> list[bytes]:
    """Send all requests before the first answer is read; return the status lines."""
    # Kept alive: a server that closes waits for its client to do so too, one by one.
    request = f"GET {path} HTTP/1.1\r\nhost: test\r\n\r\n".encode()
    with ExitStack() as stack:
        connections = [
            stack.enter_context(socket.create_connection((HOST, port), ANSWERS_WITHIN_S))
            for _ in range(requests)
        ]
        for connection in connections:
            connection.sendall(request)
        return [connection.makefile("rb").readline().rstrip() for connection in connections]


@dataclass(frozen=True)
class Seen:
    """An answer, and when it was asked for."""

    asked_at: float
    path: str
    status: int
    body: Any


class Watch:
    """Reads paths over and over, in a thread for each, until told to stop."""

    def __init__(self, port: int, paths: Sequence[str]) -> None:
        self._port = port
        self._stopped = Event()
        self._paths = paths
        self._threads = [Thread(target=self._read, args=(path,)) for path in paths]
        self.seen: list[Seen] = []

    def __enter__(self) -> "Watch":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def saw(self, reads: int, since: float = 0.0) -> bool:
        """Tell whether each path was asked for that often since a moment, and answered."""
        asked = [seen.path for seen in list(self.seen) if seen.asked_at > since]
        return all(asked.count(path) >= reads for path in self._paths)

    def _read(self, path: str) -> None:
        with client(self._port) as http:
            while not self._stopped.is_set():
                asked_at = monotonic()
                answer = http.get(path)
                self.seen.append(Seen(asked_at, path, answer.status_code, gist(answer)))


def gist(answer: httpx2.Response) -> Any:
    """Return what an answer says, but for what is another at each moment."""
    body = answer.json()
    for item in body.get("items", ()):
        item.pop("average_age_days", None)
    return body
