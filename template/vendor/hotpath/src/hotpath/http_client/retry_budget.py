"""A retry budget: retries are a bounded share of the calls, however many of these fail."""

from collections import deque
from collections.abc import Callable
from threading import Lock
from time import monotonic

WINDOW_S = 10
RESERVE = 3
"""Retries in a window that are allowed to a service that makes few calls."""


class RetryBudget:
    """Counts the calls and retries of the last ten seconds, by the second."""

    def __init__(self, share: float, clock: Callable[[], float] = monotonic) -> None:
        self._share = share
        self._clock = clock
        self._lock = Lock()
        self._seconds: deque[list[int]] = deque()  # second, calls, retries
        self._calls = 0
        self._retries = 0

    def add_call(self) -> None:
        """Count a call, without its retries."""
        with self._lock:
            self._current()[1] += 1
            self._calls += 1

    def take(self) -> bool:
        """Count a retry, if it is in the budget."""
        with self._lock:
            current = self._current()
            if self._retries + 1 > max(self._calls * self._share, RESERVE if self._share else 0):
                return False
            current[2] += 1
            self._retries += 1
            return True

    def _current(self) -> list[int]:
        now = int(self._clock())
        while self._seconds and self._seconds[0][0] <= now - WINDOW_S:
            _, calls, retries = self._seconds.popleft()
            self._calls -= calls
            self._retries -= retries
        if not self._seconds or self._seconds[-1][0] != now:
            self._seconds.append([now, 0, 0])
        return self._seconds[-1]
