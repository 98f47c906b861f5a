"""What is recorded of every request: id, duration, metrics and a log line. Knows no protocol."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from math import inf
from secrets import token_hex
from time import perf_counter
from typing import Protocol

from hotpath.observability.access_log import AccessLog, AddLine
from hotpath.observability.buffered import BufferedCounter
from hotpath.observability.client_address import TrustedProxies
from hotpath.observability.logs import get_logger
from hotpath.observability.metrics import Metrics
from hotpath.observability.request_context import RequestContext, Waits
from hotpath.observability.tracing import Tracer

UNMATCHED = "<unmatched>"
FLUSH_WITHIN_S = 0.1
"""Seconds until the metrics and log lines of requests are visible to others; fewer cost speed."""

_FIRST_NUMBER = 10**11
"""Of the requests of a process: all ids are of one length then, without the cost of zeros."""
_WRONG_METHOD = 405
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_is_safe = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII).fullmatch


class Debouncer(Protocol):
    """Calls a function once for all triggers within some time; each flavour has its own."""

    is_due: bool
    """Whether it will be called soon anyhow: to ask takes half of what to trigger takes."""

    def trigger(self) -> None:
        """Have the function called soon."""
        ...


class RequestIds:
    """Ids of requests: a random prefix per process, and a number."""

    def __init__(self) -> None:
        self._prefix = token_hex(10)
        self._numbers = count(_FIRST_NUMBER)

    def accept(self, client_id: str | None) -> str:
        """Return the client's request id if it is safe to log, else a new one."""
        if client_id is not None and _is_safe(client_id):
            return client_id
        return f"{self._prefix}{next(self._numbers)}"


class RequestRecord(RequestContext):
    """One request from its first byte in to its last byte out."""

    __slots__ = ("client", "method", "path", "started", "status")

    request_id: str

    def __init__(self, method: str, path: str, request_id: str, client: str = "") -> None:
        self.request_id = request_id  # set here: a call of super() costs 0.1 µs
        self.waits = None
        self.trace = None
        self.deadline = None
        self.method = method if method in _METHODS else "OTHER"
        self.path = path
        self.client = client
        self.status = 500
        self.started = perf_counter()

    def elapsed_s(self) -> float:
        """Return the seconds since the first byte in."""
        return perf_counter() - self.started


class RequestRecorder:
    """Counts, times and logs the requests of one process. Cost: 2 µs each, 3 with a log line.

    `debouncer` makes what flushes metrics and log soon after requests; each flavour has its own.
    """

    def __init__(  # noqa: PLR0913 - each is a part of its own
        self,
        metrics: Metrics,
        log: AccessLog,
        debouncer: Callable[[Callable[[], None], float], Debouncer],
        *,
        slow_s: float = inf,
        proxies: TrustedProxies | None = None,
        tracer: Tracer | None = None,
        root_path: str = "",
    ) -> None:
        self.proxies = proxies
        """Those in front of the service; None where the peer is the client."""
        self.tracer = tracer
        """Makes a trace of each request; None while tracing is off."""
        self._record = RequestRecord if not root_path else _rooted(root_path)
        self._slow_s = slow_s
        self._metrics = metrics
        self._log = log
        self._accept = RequestIds().accept
        self._in_flight = 0
        self._kind_by_key: dict[tuple[str, str, int], _Kind] = {}
        self._flush_soon = debouncer(metrics.flush, FLUSH_WITHIN_S)
        metrics.on_flush(self._flush)

    def begin(
        self, method: str, path: str, client_id: str | None, client: str = ""
    ) -> RequestRecord:
        """Record the start of a request, when its first byte is in; `client` is an address."""
        self._in_flight += 1
        if not self._flush_soon.is_due:
            self._flush_soon.trigger()
        return self._record(method, path, self._accept(client_id), client)

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
        kind.add_seconds(elapsed)
        kind.add_line(record, elapsed, is_complete)
        if record.trace is not None:
            record.trace.end(record.method, route, record.status)
        if elapsed >= self._slow_s:
            _log_slow(record, label, elapsed)
        self._in_flight -= 1
        if not self._flush_soon.is_due:
            self._flush_soon.trigger()
        if not is_complete:  # the process may be about to end
            self._log.flush()

    def _make_kind(self, method: str, route: str, status: int) -> "_Kind":
        metrics = self._metrics
        return _Kind(
            metrics.requests.labels(method, route, str(status)),
            metrics.request_seconds.labels(method, route).add,
            self._log.lines_of(method, route, status),
        )

    def _flush(self) -> None:
        self._metrics.in_flight.set(self._in_flight)
        self._log.flush()


def _rooted(path: str) -> type[RequestRecord]:
    class Rooted(RequestRecord):
        """A request to a service under a path."""

        __slots__ = ()
        root_path = path

    return Rooted


def server_timing(record: RequestRecord, elapsed_s: float) -> str:
    """Return the value of `Server-Timing`, in milliseconds: the whole, and what it waited for."""
    waited = "" if record.waits is None else timing_of(record.waits).decode()
    return f"app;dur={elapsed_s * 1000:.3f}{waited}"


def timing_of(waits: Waits) -> bytes:
    """Return what `Server-Timing` says after the whole."""
    timing = b""
    if waits.database_s:
        timing = b", db;dur=%.3f" % (waits.database_s * 1000)
    if waits.cache_s:
        timing += b", cache;dur=%.3f" % (waits.cache_s * 1000)
    if waits.outbound_s:
        timing += b", outbound;dur=%.3f" % (waits.outbound_s * 1000)
    return timing


def _log_slow(record: RequestRecord, route: str, elapsed_s: float) -> None:
    waits = record.waits or Waits()
    waited_s = waits.database_s + waits.cache_s + waits.outbound_s
    get_logger().warning(
        "slow request",
        request_id=record.request_id,
        method=record.method,
        route=route,
        status=record.status,
        seconds=round(elapsed_s, 6),
        database_s=round(waits.database_s, 6),
        cache_s=round(waits.cache_s, 6),
        outbound_s=round(waits.outbound_s, 6),
        own_s=round(max(0.0, elapsed_s - waited_s), 6),
    )


@dataclass(frozen=True, slots=True)
class _Kind:
    """What requests of one method, route and status share; there are few kinds."""

    requests: BufferedCounter
    add_seconds: Callable[[float], None]
    add_line: AddLine
