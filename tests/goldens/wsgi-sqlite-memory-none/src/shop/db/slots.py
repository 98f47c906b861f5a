"""A few things that are used by one caller at a time; the others wait, none of them for long."""

from collections import deque
from collections.abc import Iterable
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

T = TypeVar("T")

FAIR_AFTER_S = 0.01
"""Who waits longer gets the next one. Before that whoever runs takes it: to wake a thread for each
would leave things idle for as long as that takes."""


class _Waiter(Generic[T]):
    """A caller that waits."""

    __slots__ = ("gate", "given", "since")

    def __init__(self) -> None:
        self.gate = Lock()
        self.gate.acquire()
        self.given: list[T] = []
        self.since = monotonic()

    def wake(self) -> None:
        if self.gate.locked():
            self.gate.release()


class Slots(Generic[T]):
    """Hands out what is free, the last one that was used first; safe for threads."""

    def __init__(self, items: Iterable[T], fair_after_s: float = FAIR_AFTER_S) -> None:
        self._free = list(items)
        self._fair_after_s = fair_after_s
        self._lock = Lock()
        self._waiters: deque[_Waiter[T]] = deque()

    @property
    def free(self) -> int:
        """How many nobody uses."""
        return len(self._free)

    @property
    def waiting(self) -> int:
        """How many callers wait."""
        return len(self._waiters)

    def take(self, within_s: float) -> T:
        """Return an item, to be given back.

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
            is_woken = waiter.gate.acquire(timeout=max(0.0, end - monotonic()))
            with self._lock:
                if waiter.given:
                    return waiter.given.pop()
                if self._free or not is_woken:
                    self._waiters.remove(waiter)
                if self._free:
                    return self._free.pop()
                if not is_woken:
                    raise TimeoutError

    def give(self, item: T) -> None:
        """Hand an item to who waits too long, or let who waits longest try to be the first."""
        with self._lock:
            if not self._waiters:
                self._free.append(item)
                return
            waiter = self._waiters[0]
            if monotonic() - waiter.since >= self._fair_after_s:
                self._waiters.popleft()
                waiter.given.append(item)
            else:
                self._free.append(item)
            waiter.wake()
