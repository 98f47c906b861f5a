"""Threads that answer requests, and their way back to the event loop."""

from asyncio import AbstractEventLoop
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any

Work = Callable[[], None]
_ENDS_WITHIN_S = 1.0
"""Seconds for threads to hear that what they wait for will not come."""


class Outbox:
    """Calls that threads want made on the event loop: many at once wake it once."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self._calls: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._is_due = False
        self._is_closed = False

    def call(self, function: Callable[..., None], *given: Any) -> None:
        """Have `function` called with what is given, in the order of these calls. Cost: 1 µs."""
        self._calls.append((function, given))
        if not self._is_due and not self._is_closed:
            self._is_due = True
            self._loop.call_soon_threadsafe(self._empty)

    def close(self) -> None:
        """Make no call any more: the loop ends."""
        self._is_closed = True

    def _empty(self) -> None:
        self._is_due = False  # first, so that no call is left behind
        while self._calls:
            function, given = self._calls.popleft()
            function(*given)


@contextmanager
def threads(count: int) -> Iterator[Callable[[Work], None]]:
    """Yield what gives work to one of `count` threads, or to the first that will be free.

    The end waits for work that was given, but not for work that does not end.
    """
    waiting: SimpleQueue[Work | None] = SimpleQueue()
    running = [Thread(target=_work, args=(waiting,), daemon=True) for _ in range(count)]
    for each in running:
        each.start()
    try:
        yield waiting.put
    finally:
        for _ in running:
            waiting.put(None)
        end = monotonic() + _ENDS_WITHIN_S
        for each in running:
            each.join(max(0.0, end - monotonic()))


def _work(waiting: "SimpleQueue[Work | None]") -> None:
    while work := waiting.get():
        work()
        del work  # while this thread is idle, nothing of the last request stays
