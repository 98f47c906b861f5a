"""Whether Redis is used: one failure opens the circuit breaker, the subscriber closes it."""

from collections.abc import Callable
from threading import Lock

from hotpath.observability.logs import get_logger


class CircuitBreaker:
    """Closed while Redis works. Logs once per episode, however many commands fail."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._is_refusing = False
        self.is_open = False
        self.episode = 0
        """Counts the times it closed; a failure of a command from before is of the last episode."""

    def open(self, error: Exception, episode: int) -> None:
        """Open it: a command that began in `episode` failed."""
        with self._lock:
            if self.is_open or episode != self.episode:
                return
            self.is_open = True
        get_logger().warning("cache unavailable", error=str(error))

    def close(self) -> None:
        """Close it."""
        with self._lock:
            if not self.is_open:
                return
            self.is_open = False
            self.episode += 1
        get_logger().info("cache available again")

    def refused(self, error: Exception) -> None:
        """Redis works and stores nothing, as when it is full: logged once per episode."""
        self._set_refusing(
            True, lambda: get_logger().warning("cache stores nothing", error=str(error))
        )

    def stored(self) -> None:
        """Redis stored a value."""
        if self._is_refusing:
            self._set_refusing(False, lambda: get_logger().info("cache stores values again"))

    def _set_refusing(self, is_refusing: bool, log: Callable[[], None]) -> None:
        with self._lock:
            is_new, self._is_refusing = self._is_refusing != is_refusing, is_refusing
        if is_new:
            log()
