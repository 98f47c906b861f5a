"""A pool of items that are used by one caller at a time; the others wait in turn."""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class ResourcePool(Generic[T]):
    """Hands out free items, the most recently used first."""

    def __init__(self, items: Iterable[T]) -> None:
        self._free = list(items)
        self._waiters: deque[asyncio.Future[T]] = deque()

    @property
    def free(self) -> int:
        """How many items are free."""
        return len(self._free)

    @property
    def waiting(self) -> int:
        """How many callers wait."""
        return sum(not waiter.done() for waiter in self._waiters)

    async def acquire(self, within_s: float) -> T:
        """Return an item, which has to be released.

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
                # It was released and this caller cancelled in one iteration of the loop.
                self.release(waiter.result())
            raise
        finally:
            timer.cancel()

    def release(self, item: T) -> None:
        """Give an item to the caller that waits longest."""
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(item)
                return
        self._free.append(item)


def _expire(waiter: asyncio.Future[T]) -> None:
    if not waiter.done():
        waiter.set_exception(TimeoutError())
