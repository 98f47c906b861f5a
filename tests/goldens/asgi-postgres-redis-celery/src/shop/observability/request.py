"""What is said of every request: its id, its time, one metric, one line. Knows no protocol."""

import re
from time import perf_counter
from urllib.parse import quote
from uuid import uuid4

from .logs import get_logger
from .metrics import Metrics
from .settings import LogSettings

UNMATCHED = "<unmatched>"
_WRONG_METHOD = 405
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)


def accepted_request_id(given: str | None) -> str:
    """Return the client's request id when it is harmless to log, else a new one."""
    if given is not None and _REQUEST_ID.fullmatch(given):
        return given
    return uuid4().hex


class Observation:
    """One request from its first byte in to its last byte out."""

    def __init__(self, metrics: Metrics, settings: LogSettings, method: str, path: str) -> None:
        self._metrics = metrics
        self._settings = settings
        self._method = method if method in _METHODS else "OTHER"
        self._path = path
        self._started = perf_counter()
        self.status = 500
        metrics.in_flight.inc()

    def headers(self, request_id: str) -> list[tuple[str, str]]:
        """Return the headers that every answer carries; the time is that of the first byte out."""
        elapsed = perf_counter() - self._started
        return [
            ("x-request-id", request_id),
            ("x-process-time", f"{elapsed:.6f}"),
            ("server-timing", f"app;dur={elapsed * 1000:.3f}"),
        ]

    def finish(self, route: str | None, *, is_complete: bool) -> None:
        """Count, time and log the request once its answer is out, or was given up midway."""
        elapsed = perf_counter() - self._started
        # A router that refuses the method names the path in one framework and not in another.
        label = UNMATCHED if route is None or self.status == _WRONG_METHOD else route
        self._metrics.settle()
        self._metrics.in_flight.dec()
        self._metrics.requests.labels(self._method, label, str(self.status)).inc()
        self._metrics.request_seconds.labels(self._method, label).observe(elapsed)
        if self._settings.access_log:
            get_logger().info(
                "request",
                method=self._method,
                path=quote(self._path),  # no control characters in a terminal
                route=label,
                status=self.status,
                seconds=round(elapsed, 6),
                **({} if is_complete else {"aborted": True}),
            )
