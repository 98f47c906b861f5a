"""A circuit breaker: a dependency that keeps failing is not called for a while."""

from collections.abc import Callable
from threading import Lock
from time import monotonic

from hotpath.observability.logs import get_logger


class CircuitBreaker:
    """Closed while a dependency works; open, it lets one call through each `open_s`.

    That call decides: it closes the breaker, or keeps it open. Logs once per episode.
    """

    def __init__(
        self, name: str, failures: int, open_s: float, clock: Callable[[], float] = monotonic
    ) -> None:
        self._name = name
        self._max_failures = failures
        self._open_s = open_s
        self._clock = clock
        self._lock = Lock()
        self._failures = 0
        self._opens_until: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether calls are refused, but for the one that tries."""
        return self._opens_until is not None

    def refuses_for_s(self) -> float:
        """Return 0 if a call may begin, else the seconds until one may. Cost: 50 ns if closed."""
        if self._opens_until is None:
            return 0.0
        with self._lock:
            now = self._clock()
            if self._opens_until is None:
                return 0.0
            if now < self._opens_until:
                return self._opens_until - now
            # This call tries. Should it never tell how it went, another one does after a while.
            self._opens_until = now + self._open_s
            return 0.0

    def succeeded(self) -> None:
        """A call worked: close it."""
        if not self._failures:
            return
        with self._lock:
            was_open = self._opens_until is not None
            self._failures, self._opens_until = 0, None
        if was_open:
            get_logger().info("dependency available again", dependency=self._name)

    def failed(self, reason: str) -> None:
        """A call failed: open it after so many in a row."""
        with self._lock:
            self._failures += 1
            if self._failures < self._max_failures:
                return
            was_open = self._opens_until is not None
            self._opens_until = self._clock() + self._open_s
        if not was_open:
            get_logger().warning("dependency unavailable", dependency=self._name, error=reason)
