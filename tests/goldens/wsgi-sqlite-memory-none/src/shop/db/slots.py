"""A few things that are used by one caller at a time; the others wait in turn."""

from collections.abc import Iterable
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")


class Slots(Generic[T]):
    """Hands out what is free; safe for threads."""

    def __init__(self, items: Iterable[T]) -> None:
        self._free: SimpleQueue[T] = SimpleQueue()
        self.waiting = 0
        """How many callers wait; about, as threads count."""
        for item in items:
            self._free.put(item)

    @property
    def free(self) -> int:
        """How many nobody uses."""
        return self._free.qsize()

    def take(self, within_s: float) -> T:
        """Return an item, to be given back.

        Raises:
            TimeoutError: none was free in time.
        """
        try:
            return self._free.get_nowait()
        except Empty:
            return self._next(within_s)

    def give(self, item: T) -> None:
        """Hand an item to one that waits."""
        self._free.put(item)

    def _next(self, within_s: float) -> T:
        self.waiting += 1
        try:
            return self._free.get(timeout=within_s)
        except Empty:
            raise TimeoutError from None
        finally:
            self.waiting -= 1
