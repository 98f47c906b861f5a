"""What is said of every request: its id, its time, one metric, one line. Knows no protocol."""

import re
from dataclasses import dataclass
from itertools import count
from secrets import token_hex
from time import perf_counter

from ..concurrency import Soon
from .access_log import AccessLog, AddLine
from .metrics import Distribution, Metrics, Tally

UNMATCHED = "<unmatched>"
SEEN_WITHIN_S = 0.1
"""Seconds until figures and lines of requests are where others see them; fewer cost speed."""

_WRONG_METHOD = 405
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_is_harmless = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII).fullmatch


class RequestIds:
    """Ids of requests: a random start for each process, and a number."""

    def __init__(self) -> None:
        self._start = token_hex(10)
        self._numbers = count()

    def accept(self, given: str | None) -> str:
        """Return the client's request id when it is harmless to log, else a new one."""
        if given is not None and _is_harmless(given):
            return given
        return f"{self._start}{next(self._numbers):012x}"


class Observation:
    """One request from its first byte in to its last byte out."""

    __slots__ = ("method", "path", "request_id", "started", "status")

    def __init__(self, method: str, path: str, request_id: str) -> None:
        self.method = method if method in _METHODS else "OTHER"
        self.path = path
        self.request_id = request_id
        self.status = 500
        self.started = perf_counter()

    def elapsed_s(self) -> float:
        """Return the seconds since the first byte came in."""
        return perf_counter() - self.started


class Recorder:
    """Counts, times and logs the requests of one process. Cost: 2 µs each, 3 with a line."""

    def __init__(self, metrics: Metrics, log: AccessLog) -> None:
        self._metrics = metrics
        self._log = log
        self._accept = RequestIds().accept
        self._in_flight = 0
        self._kinds: dict[tuple[str, str, int], _Kind] = {}
        self._soon = Soon(metrics.settle, SEEN_WITHIN_S)
        metrics.at_rest(self._settle)

    def begin(self, method: str, path: str, given_id: str | None) -> Observation:
        """Take note of a request as its first byte comes in."""
        self._in_flight += 1
        self._soon.ask()
        return Observation(method, path, self._accept(given_id))

    def leave(self) -> None:
        """Take back a request that began: it begins again elsewhere."""
        self._in_flight -= 1

    def end(self, seen: Observation, route: str | None, *, is_complete: bool) -> None:
        """Count, time and log the request once its answer is out, or was given up midway."""
        elapsed = perf_counter() - seen.started
        # A router that refuses the method names the path in one framework and not in another.
        label = UNMATCHED if route is None or seen.status == _WRONG_METHOD else route
        key = (seen.method, label, seen.status)
        kind = self._kinds.get(key) or self._kinds.setdefault(key, self._new_kind(*key))
        kind.requests.count += 1
        kind.seconds.add(elapsed)
        kind.add_line(seen, elapsed, is_complete)
        self._in_flight -= 1
        self._soon.ask()
        if not is_complete:  # it may be the last thing this process does
            self._log.flush()

    def _new_kind(self, method: str, route: str, status: int) -> "_Kind":
        metrics = self._metrics
        return _Kind(
            metrics.tally(metrics.requests.labels(method, route, str(status))),
            metrics.distribution(metrics.request_seconds.labels(method, route)),
            self._log.lines_of(method, route, status),
        )

    def _settle(self) -> None:
        self._metrics.in_flight.set(self._in_flight)
        self._log.flush()


@dataclass(frozen=True, slots=True)
class _Kind:
    """What requests of one method, route and status share; there are few of them."""

    requests: Tally
    seconds: Distribution
    add_line: AddLine
