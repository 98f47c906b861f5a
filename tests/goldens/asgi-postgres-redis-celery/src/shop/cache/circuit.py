"""Whether Redis is asked at all: one failure opens the circuit, the listener closes it."""

from collections.abc import Callable
from threading import Lock

from ..observability.logs import get_logger


class Circuit:
    """Closed while Redis answers. Says so once per episode, however many commands fail."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._is_refusing = False
        self.is_open = False
        self.episode = 0
        """Counts the times it closed; a failure of a command from before is of the last episode."""

    def open(self, error: Exception, episode: int) -> None:
        """Ask no more: a command that began in `episode` failed."""
        with self._lock:
            if self.is_open or episode != self.episode:
                return
            self.is_open = True
        get_logger().warning("cache lost, answering from the database", error=str(error))

    def close(self) -> None:
        """Ask again."""
        with self._lock:
            if not self.is_open:
                return
            self.is_open = False
            self.episode += 1
        get_logger().info("cache is back")

    def refused(self, error: Exception) -> None:
        """Redis answers and takes nothing, as when it is full: once per episode this is said."""
        self._turn(True, lambda: get_logger().warning("cache takes nothing", error=str(error)))

    def taken(self) -> None:
        """Redis took a value."""
        if self._is_refusing:
            self._turn(False, lambda: get_logger().info("cache takes values again"))

    def _turn(self, is_refusing: bool, say: Callable[[], None]) -> None:
        with self._lock:
            is_new, self._is_refusing = self._is_refusing != is_refusing, is_refusing
        if is_new:
            say()
