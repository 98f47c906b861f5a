"""A load at a given rate, whatever the service does: an open loop, which wrk has not.

Requests are due at random moments. One that is due while all connections wait for an answer is
sent late, and its latency counts from when it was due. `select` waits in microseconds, which
`epoll` of Python does not.
"""

import random
import select
import socket
import time
from collections import deque

from .cores import CompareError
from .load import Load
from .workloads import USERS

CONNECTIONS = 64
ANSWER_WITHIN_S = 10.0
SPIN_S = 0.0002
"""Before a request is due the sender does not sleep: waking up would make it late."""


class Connection:
    """One connection with at most one request on its way."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""
        self.due = 0.0
        self._expected = b""

    def fileno(self) -> int:
        return self._socket.fileno()

    def ask(self, path: str, user_id: int, due: float) -> None:
        self.due, self._received, self._expected = due, b"", b'"id":%d,' % user_id
        self._socket.sendall(f"GET {path}/{user_id} HTTP/1.1\r\nhost: x\r\n\r\n".encode())

    def is_answered(self) -> bool:
        """Read what came; return whether the answer is whole.

        Raises:
            CompareError: it is not the one that was asked for.
        """
        self._received += self._socket.recv(65_536)
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator:
            return False
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(body) < length:
            return False
        if b" 200 " not in head[:20] or self._expected not in body.replace(b": ", b":"):
            raise CompareError(f"not what was asked for: {self._received[:300]!r}")
        return True

    def close(self) -> None:
        self._socket.close()


def send_paced(host: str, port: int, path: str, *, rate: float, seconds: int, seed: int) -> Load:
    """Ask for random users `rate` times a second on average."""
    chance = random.Random(seed)
    connections = [Connection(host, port) for _ in range(CONNECTIONS)]
    try:
        latencies = _latencies(connections, path, rate, seconds, chance)
    finally:
        for connection in connections:
            connection.close()
    counted = sorted(latencies)
    p50, p99 = (counted[int(len(counted) * share)] * 1000 for share in (0.5, 0.99))
    return Load(len(counted), float(seconds), p50, p99)


def _latencies(
    connections: list[Connection], path: str, rate: float, seconds: int, chance: random.Random
) -> list[float]:
    free, busy = deque(connections), set[Connection]()
    latencies: list[float] = []
    start = time.perf_counter()
    due, end = start, start + seconds
    while due < end or busy:
        now = time.perf_counter()
        if now > end + ANSWER_WITHIN_S:
            raise CompareError(f"{len(busy)} requests without an answer in {ANSWER_WITHIN_S:.0f} s")
        while due <= now and due < end and free:
            connection = free.popleft()
            connection.ask(path, chance.randint(1, USERS), due)
            busy.add(connection)
            due += chance.expovariate(rate)
        wait_s = due - now - SPIN_S if free and due < end else 0.05
        for connection in select.select(list(busy), [], [], max(wait_s, 0))[0]:
            if connection.is_answered():
                latencies.append(time.perf_counter() - connection.due)
                busy.remove(connection)
                free.append(connection)
    return latencies
