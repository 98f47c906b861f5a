"""Warnings of what many callers meet at once, as while a database is away."""

from threading import Lock
from time import monotonic

from hotpath.observability.logs import get_logger

EVERY_S = 10.0


class RareWarning:
    """A warning that is logged once in some seconds, however often it is given; thread-safe."""

    def __init__(self, event: str, every_s: float = EVERY_S) -> None:
        self._event = event
        self._every_s = every_s
        self._lock = Lock()
        self._next_at = 0.0
        self._count = 0

    def give(self, **fields: object) -> None:
        """Log it, at once if it was not logged lately; `times` is how often it was given since,
        if it goes on."""
        now = monotonic()
        with self._lock:
            if now >= self._next_at + self._every_s:  # what came before has passed
                self._count = 0
            self._count += 1
            if now < self._next_at:
                return
            self._next_at = now + self._every_s
            times, self._count = self._count, 0
        get_logger().warning(self._event, **fields, times=times)
