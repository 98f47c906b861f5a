"""Threads that answer requests, and their way back to the event loop."""

import os
import sys
from asyncio import AbstractEventLoop
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, Self

from hotpath.settings import ServerSettings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


Work = Callable[[], None]
_PAIR, _CROWD = 2, 4
"""Requests, waiting or being answered, up from which threads go on and begin to give way."""

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


class Threads:
    """Takes work in the order it comes, each in one of `count` threads.

    At most one thread is being woken at a time, and wakes the next if there is more to do once it
    runs: short work is done by few threads, while one more runs as soon as one of them waits.
    """

    def __init__(self, count: int, loop: AbstractEventLoop) -> None:
        self._count = count
        self._loop = loop
        self._given: deque[Work] = deque()
        self._bell: SimpleQueue[bool] = SimpleQueue()
        self._is_rung = False
        self._busy = 0

    def __enter__(self) -> Self:
        self._running = [Thread(target=self._run, daemon=True) for _ in range(self._count)]
        for each in self._running:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        for _each in self._running:
            self._bell.put(False)
        end = monotonic() + _ENDS_WITHIN_S
        for each in self._running:
            each.join(max(0.0, end - monotonic()))

    def start(self, work: Work) -> None:
        """Have it done, on the event loop: soon, so that no thread disturbs what it does now."""
        self._given.append(work)
        if not self._is_rung:
            self._is_rung = True
            self._loop.call_soon(self._bell.put, True)

    def _run(self) -> None:
        gives_way = False
        while self._bell.get():
            self._is_rung = False  # first, so that no work is left behind
            if gives_way != self._is_crowded(gives_way):
                gives_way = not gives_way
                _schedule(gives_way=gives_way)
            while self._given:
                try:
                    work = self._given.popleft()
                except IndexError:  # another thread was faster
                    break
                if self._given and not self._is_rung:
                    self._is_rung = True
                    self._bell.put(True)
                self._busy += 1
                work()
                self._busy -= 1
                del work  # while this thread is idle, nothing of the last request stays

    def _is_crowded(self, was_crowded: bool) -> bool:
        """Tell whether a thread that was woken has others beside it, or behind it."""
        given = len(self._given)
        if not given:  # another thread was faster
            return was_crowded
        return self._busy + given >= (_PAIR if was_crowded else _CROWD)


def _schedule(*, gives_way: bool) -> None:
    """Say whether this thread interrupts another when it is woken, as far as the system lets us.

    On one core, whoever runs has the interpreter's lock, for which this one would only wait: two
    switches more for each wait of a request, a quarter of its time. But strangers would keep the
    core for milliseconds, so that a few requests are better off as usual.
    """
    if sys.platform == "linux":
        policy = os.SCHED_BATCH if gives_way else os.SCHED_OTHER
        with suppress(OSError):  # it may be forbidden
            os.sched_setscheduler(0, policy, os.sched_param(0))


ANSWERING = "answering"
"""Where in the state of the process this is found."""


@dataclass(frozen=True, slots=True)
class Answering:
    """What answers the requests of a process."""

    app: "WSGIApplication"
    threads: Threads
    outbox: Outbox
    settings: ServerSettings
