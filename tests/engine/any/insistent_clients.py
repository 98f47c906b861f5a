"""Clients that ask again and again until nobody listens, and count what they get."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from threading import Event, Thread

from hotpath.testing.servers import HOST

PATHS = ("/healthz", "/users?limit=1", "/readyz")
ANSWERS_WITHIN_S = 30.0


class InsistentClient(Thread):
    """Asks on one connection, or on a new one each time; ends once a connection is refused."""

    def __init__(self, port: int, path: str, *, is_kept: bool) -> None:
        super().__init__(daemon=True)
        self._port = port
        self._path = path
        self._headers = {} if is_kept else {"connection": "close"}
        self._enough = Event()
        self.counts: Counter[str] = Counter()
        """By status; `lost` counts requests without a whole response."""

    def run(self) -> None:
        """Ask until the end."""
        while not self._enough.is_set():
            connection = HTTPConnection(HOST, self._port, timeout=ANSWERS_WITHIN_S)
            try:
                connection.connect()
            except ConnectionRefusedError:
                return
            except OSError:
                self.counts["lost"] += 1
                return
            self._ask(connection)
            connection.close()

    def stop(self) -> None:
        """Ask no more."""
        self._enough.set()

    def _ask(self, connection: HTTPConnection) -> None:
        """Ask on this connection until a response says that it is closed."""
        while connection.sock is not None and not self._enough.is_set():
            try:
                connection.request("GET", self._path, headers=self._headers)
                response = connection.getresponse()
                response.read()
                self.counts[str(response.status)] += 1
            except (OSError, HTTPException):
                self.counts["lost"] += 1
                return


@contextmanager
def asking(port: int, count: int) -> Iterator[Sequence[InsistentClient]]:
    """Have so many clients ask, every other one on a connection that it keeps."""
    clients = [
        InsistentClient(port, PATHS[number % len(PATHS)], is_kept=bool(number % 2))
        for number in range(count)
    ]
    for each in clients:
        each.start()
    try:
        yield clients
    finally:
        stop_all(clients)


def stop_all(clients: Iterable[InsistentClient]) -> None:
    """Have all stop at once, and wait until they have: one by one, each waits for the others."""
    for each in clients:
        each.stop()
    for each in clients:
        each.join(ANSWERS_WITHIN_S)
