"""A pool of items that are used by one caller at a time; the others wait, none of them for long."""

from collections import deque
from collections.abc import Iterable
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

T = TypeVar("T")

FAIR_AFTER_S = 0.01
"""A caller that waits longer gets the next item. Before that a running thread takes it: to wake a
thread for each item would leave items idle for as long as that takes."""


class _Waiter(Generic[T]):
    """A caller that waits."""

    __slots__ = ("handed", "lock", "since")

    def __init__(self) -> None:
        self.lock = Lock()
        self.lock.acquire()
        self.handed: list[T] = []
        self.since = monotonic()

    def wake(self) -> None:
        if self.lock.locked():
            self.lock.release()


class ResourcePool(Generic[T]):
    """Hands out free items, the most recently used first; safe for threads."""

    def __init__(self, items: Iterable[T], fair_after_s: float = FAIR_AFTER_S) -> None:
        self._free = list(items)
        self._fair_after_s = fair_after_s
        self._lock = Lock()
        self._waiters: deque[_Waiter[T]] = deque()

    @property
    def free(self) -> int:
        """How many items are free."""
        return len(self._free)

    @property
    def waiting(self) -> int:
        """How many callers wait."""
        return len(self._waiters)

    def acquire(self, within_s: float) -> T:
        """Return an item, which has to be released.

        Raises:
            TimeoutError: none was free in time.
        """
        with self._lock:
            if self._free:
                return self._free.pop()
            waiter: _Waiter[T] = _Waiter()
            self._waiters.append(waiter)
        end = waiter.since + within_s
        while True:
            is_woken = waiter.lock.acquire(timeout=max(0.0, end - monotonic()))
            with self._lock:
                if waiter.handed:
                    return waiter.handed.pop()
                if self._free or not is_woken:
                    self._waiters.remove(waiter)
                if self._free:
                    return self._free.pop()
                if not is_woken:
                    raise TimeoutError

    def release(self, item: T) -> None:
        """Give an item to a caller that waits too long, or wake the one that waits longest."""
        with self._lock:
            if not self._waiters:
                self._free.append(item)
                return
            waiter = self._waiters[0]
            if monotonic() - waiter.since >= self._fair_after_s:
                self._waiters.popleft()
                waiter.handed.append(item)
            else:
                self._free.append(item)
            waiter.wake()
