"""A few things that are used by one caller at a time; the others wait in turn."""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class Slots(Generic[T]):
    """Hands out what is free, the last one that was used first."""

    def __init__(self, items: Iterable[T]) -> None:
        self._free = list(items)
        self._waiters: deque[asyncio.Future[T]] = deque()

    @property
    def free(self) -> int:
        """How many nobody uses."""
        return len(self._free)

    @property
    def waiting(self) -> int:
        """How many callers wait."""
        return sum(not waiter.done() for waiter in self._waiters)

    async def take(self, within_s: float) -> T:
        """Return an item, to be given back.

        Raises:
            TimeoutError: none was free in time.
        """
        if self._free:
            return self._free.pop()
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[T] = loop.create_future()
        self._waiters.append(waiter)
        timer = loop.call_later(within_s, _expire, waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if not waiter.cancelled() and waiter.exception() is None:
                self.give(waiter.result())  # it came, and this caller left, in one turn
            raise
        finally:
            timer.cancel()

    def give(self, item: T) -> None:
        """Hand an item to whoever waits longest."""
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(item)
                return
        self._free.append(item)


def _expire(waiter: asyncio.Future[T]) -> None:
    if not waiter.done():
        waiter.set_exception(TimeoutError())
