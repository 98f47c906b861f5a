"""Threads that handle requests, and how they call the event loop."""

import os
import sys
import time
from asyncio import AbstractEventLoop
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from time import clock_gettime, monotonic
from typing import TYPE_CHECKING, Any, Self

from hotpath.debug.monitor import Backlog
from hotpath.server.concurrency_limit import ConcurrencyLimit
from hotpath.server.shedding import Shedder, is_exempt
from hotpath.settings import ServerSettings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


Work = Callable[[], None]
_LOW_LOAD, _HIGH_LOAD = 2, 4
"""Requests waiting or in progress: from the second number on threads are scheduled as batch work,
until there are fewer than the first."""

_USUAL = 16
"""Threads that may be busy while nothing is known of what they do."""
_JOIN_TIMEOUT_S = 1.0
"""Seconds that threads in progress get to end when the process stops."""


class Outbox:
    """Calls from threads to the event loop; many at once wake it once."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self._calls: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._is_due = False
        self._is_closed = False

    def call(self, function: Callable[..., None], *args: Any) -> None:
        """Call `function` on the event loop, in the order of these calls. Cost: 1 µs."""
        self._calls.append((function, args))
        if not self._is_due and not self._is_closed:
            self._is_due = True
            self._loop.call_soon_threadsafe(self._run_calls)

    def close(self) -> None:
        """Ignore further calls: the loop ends."""
        self._is_closed = True

    def _run_calls(self) -> None:
        self._is_due = False  # first, so that no call is missed
        while self._calls:
            function, args = self._calls.popleft()
            function(*args)


class Threads:
    """A pool of `count` threads that run work in the order of submission.

    At most one thread is woken at a time, and wakes the next if more work waits once it runs: few
    threads run short work, and another runs as soon as one of them blocks. Whoever ends work looks
    for more, so that none is left behind when nobody was woken since as many were busy as may be.

    Attributes:
        waiting: Returns how much work waits for a thread.
    """

    def __init__(self, count: int, loop: AbstractEventLoop) -> None:
        self._count = count
        self._loop = loop
        self._work: deque[Work] = deque()
        self._first: deque[Work] = deque()
        """Health checks and the like, for which any idle thread is good."""
        self.waiting: Callable[[], int] = self._work.__len__
        self._limit = ConcurrencyLimit(count, count)
        self._wake_ups: SimpleQueue[bool] = SimpleQueue()
        self._is_waking = False
        self._busy = 0

    def __enter__(self) -> Self:
        self._running = [Thread(target=self._run, daemon=True) for _ in range(self._count)]
        for each in self._running:
            each.start()
        self._clocks = [*filter(None, map(_clock_of, self._running))]
        return self

    def __exit__(self, *_: object) -> None:
        for _each in self._running:
            self._wake_ups.put(False)
        end = monotonic() + _JOIN_TIMEOUT_S
        for each in self._running:
            each.join(max(0.0, end - monotonic()))

    def follow(self, shedder: Shedder) -> None:
        """Let few threads be busy while the event loop waits for them."""
        self._limit = ConcurrencyLimit(_USUAL, self._count)
        self._used_s = self._read_used_s()
        shedder.on_tick = self._adapt

    def start(self, work: Work, target: bytes = b"") -> None:
        """Run `work` in a thread; called on the event loop, which finishes what it does first.

        Args:
            work: Is called in a thread.
            target: Of the request; health checks and the like do not wait for others.
        """
        has_to_wait = self._work or self._limit.busy + 1 >= self._limit.value
        (self._first if has_to_wait and is_exempt(target) else self._work).append(work)
        self._wake_one()

    def backlog(self) -> Backlog:
        """Return what there is of threads and of work, with the limit of those that begin."""
        return Backlog(self._count, self._limit.value, self._busy, len(self._work))

    def _wake_one(self) -> None:
        """Wake a thread for what waits, if another may be busy."""
        limit = self._limit
        if not self._is_waking and (limit.busy < limit.value or self._first):
            self._is_waking = True
            self._loop.call_soon(self._wake_ups.put, True)

    def _adapt(self, elapsed_s: float, used: float) -> None:
        """Adapt the limit. Cost: 26 µs for 64 threads, to read what they used."""
        used_s = self._read_used_s()
        own = (used_s - self._used_s) / elapsed_s if self._clocks else used
        self._used_s = used_s
        self._limit.tick(elapsed_s, used, own, len(self._work))
        if self._work or self._first:
            self._wake_one()

    def _read_used_s(self) -> float:
        return sum(map(clock_gettime, self._clocks))

    def _run(self) -> None:
        is_batch = False
        while self._wake_ups.get():
            self._is_waking = False  # first, so that no work is missed
            if is_batch != self._is_under_load(is_batch):
                is_batch = not is_batch
                _schedule(is_batch=is_batch)
            limit = self._limit
            while self._first or (self._work and limit.busy < limit.value):
                try:
                    work = (self._first or self._work).popleft()
                except IndexError:  # another thread was faster
                    continue
                self._busy += 1
                period = limit.began()
                has_more = self._first or (self._work and limit.busy < limit.value)
                if has_more and not self._is_waking:
                    self._is_waking = True
                    self._wake_ups.put(True)
                work()
                limit.ended(period)
                self._busy -= 1
                del work  # so that an idle thread keeps nothing of its last request alive

    def _is_under_load(self, was_under_load: bool) -> bool:
        """Tell whether other requests are in progress or wait when a thread is woken."""
        waiting = len(self._work)
        if not waiting:  # another thread was faster
            return was_under_load
        return self._busy + waiting >= (_LOW_LOAD if was_under_load else _HIGH_LOAD)


def _clock_of(thread: Thread) -> int | None:
    """Return the clock of what a thread computes, if the system has one."""
    if not hasattr(time, "pthread_getcpuclockid") or thread.ident is None:
        return None
    return time.pthread_getcpuclockid(thread.ident)


def _schedule(*, is_batch: bool) -> None:
    """Set the scheduling policy of this thread, if the system allows it.

    With `SCHED_BATCH` a thread that wakes up does not preempt the running one. On one core that one
    has the interpreter's lock, for which the other would only wait: two context switches more for
    each wait of a request, a quarter of its time. But other processes would keep the core for
    milliseconds, so that a few requests are faster with the usual policy.
    """
    if sys.platform == "linux":
        policy = os.SCHED_BATCH if is_batch else os.SCHED_OTHER
        with suppress(OSError):  # it may not be permitted
            os.sched_setscheduler(0, policy, os.sched_param(0))


WORKER = "worker"
"""Its key in the lifespan state."""


@dataclass(frozen=True, slots=True)
class WorkerState:
    """What all connections of a worker process share."""

    app: "WSGIApplication"
    threads: Threads
    outbox: Outbox
    settings: ServerSettings
