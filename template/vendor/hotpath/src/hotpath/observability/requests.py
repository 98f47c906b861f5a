"""What is recorded of every request: id, duration, metrics and a log line. Knows no protocol."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from secrets import token_hex
from time import perf_counter
from typing import Protocol

from hotpath.observability.access_log import AccessLog, AddLine
from hotpath.observability.buffered import BufferedCounter, BufferedHistogram
from hotpath.observability.metrics import Metrics

UNMATCHED = "<unmatched>"
FLUSH_WITHIN_S = 0.1
"""Seconds until the metrics and log lines of requests are visible to others; fewer cost speed."""

_WRONG_METHOD = 405
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_is_safe = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII).fullmatch


class Debouncer(Protocol):
    """Calls a function once for all triggers within some time; each flavour has its own."""

    def trigger(self) -> None:
        """Have the function called soon."""
        ...


class RequestIds:
    """Ids of requests: a random prefix per process, and a number."""

    def __init__(self) -> None:
        self._prefix = token_hex(10)
        self._numbers = count()

    def accept(self, client_id: str | None) -> str:
        """Return the client's request id if it is safe to log, else a new one."""
        if client_id is not None and _is_safe(client_id):
            return client_id
        return f"{self._prefix}{next(self._numbers):012x}"


class RequestRecord:
    """One request from its first byte in to its last byte out."""

    __slots__ = ("method", "path", "request_id", "started", "status")

    def __init__(self, method: str, path: str, request_id: str) -> None:
        self.method = method if method in _METHODS else "OTHER"
        self.path = path
        self.request_id = request_id
        self.status = 500
        self.started = perf_counter()

    def elapsed_s(self) -> float:
        """Return the seconds since the first byte in."""
        return perf_counter() - self.started


class RequestRecorder:
    """Counts, times and logs the requests of one process. Cost: 2 µs each, 3 with a log line.

    `debouncer` makes what flushes metrics and log soon after requests; each flavour has its own.
    """

    def __init__(
        self,
        metrics: Metrics,
        log: AccessLog,
        debouncer: Callable[[Callable[[], None], float], Debouncer],
    ) -> None:
        self._metrics = metrics
        self._log = log
        self._accept = RequestIds().accept
        self._in_flight = 0
        self._kind_by_key: dict[tuple[str, str, int], _Kind] = {}
        self._flush_soon = debouncer(metrics.flush, FLUSH_WITHIN_S)
        metrics.on_flush(self._flush)

    def begin(self, method: str, path: str, client_id: str | None) -> RequestRecord:
        """Record the start of a request, when its first byte is in."""
        self._in_flight += 1
        self._flush_soon.trigger()
        return RequestRecord(method, path, self._accept(client_id))

    def discard(self) -> None:
        """Undo a `begin`: the request is handled in another way, which records it again."""
        self._in_flight -= 1

    def end(self, record: RequestRecord, route: str | None, *, is_complete: bool) -> None:
        """Record the end of a request: its response was sent, or aborted."""
        elapsed = perf_counter() - record.started
        # For a method that is not allowed, one framework names the route and the other does not.
        label = UNMATCHED if route is None or record.status == _WRONG_METHOD else route
        key = (record.method, label, record.status)
        kind = self._kind_by_key.get(key) or self._kind_by_key.setdefault(
            key, self._make_kind(*key)
        )
        kind.requests.count += 1
        kind.seconds.add(elapsed)
        kind.add_line(record, elapsed, is_complete)
        self._in_flight -= 1
        self._flush_soon.trigger()
        if not is_complete:  # the process may be about to end
            self._log.flush()

    def _make_kind(self, method: str, route: str, status: int) -> "_Kind":
        metrics = self._metrics
        return _Kind(
            metrics.requests.labels(method, route, str(status)),
            metrics.request_seconds.labels(method, route),
            self._log.lines_of(method, route, status),
        )

    def _flush(self) -> None:
        self._metrics.in_flight.set(self._in_flight)
        self._log.flush()


@dataclass(frozen=True, slots=True)
class _Kind:
    """What requests of one method, route and status share; there are few kinds."""

    requests: BufferedCounter
    seconds: BufferedHistogram
    add_line: AddLine
