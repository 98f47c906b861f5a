"""What a process does without Redis: the circuit breaker, and invalidations still to send."""

from collections.abc import Callable, Iterable
from itertools import chain
from threading import Lock

from hotpath.cache.entries import Invalidation
from hotpath.observability.logs import get_logger

MAX_PENDING = 10_000
"""Keys, tags and patterns; past that everything is invalidated."""


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


class PendingInvalidations:
    """Invalidations to send, oldest first. True while there are any."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._invalidations: list[Invalidation] = []
        self._count = 0

    def __bool__(self) -> bool:
        return bool(self._invalidations)

    def add(self, invalidation: Invalidation) -> None:
        """Add one."""
        with self._lock:
            self._invalidations.append(invalidation)
            self._count += (
                len(invalidation.keys) + len(invalidation.tags) + len(invalidation.patterns)
            )
            if self._count > MAX_PENDING:
                # A new object each time: what is added while it is being sent is not sent with it.
                self._invalidations = [Invalidation(patterns=("*",))]

    def all(self) -> tuple[Invalidation, ...]:
        """Return what is pending now."""
        with self._lock:
            return tuple(self._invalidations)

    def remove(self, sent: Iterable[Invalidation]) -> None:
        """Remove what was sent; what was added since stays."""
        sent_ids = {id(invalidation) for invalidation in sent}
        with self._lock:
            left = [each for each in self._invalidations if id(each) not in sent_ids]
            self._invalidations = left
            if not self._invalidations:
                self._count = 0


def merge(invalidations: Iterable[Invalidation]) -> Invalidation:
    """Return one invalidation with all that is in these."""
    sources = tuple(invalidations)
    return Invalidation(
        tuple(dict.fromkeys(chain.from_iterable(each.keys for each in sources))),
        tuple(dict.fromkeys(chain.from_iterable(each.tags for each in sources))),
        tuple(dict.fromkeys(chain.from_iterable(each.patterns for each in sources))),
    )
