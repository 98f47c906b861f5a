"""Shedding load: a process with more requests than it can handle in time refuses the newest ones.

Measured is what a request costs, so that no number has to be found for each service: the time of
the process over the requests that ended, while it is busy.
"""

import asyncio
from collections.abc import Callable
from time import monotonic, process_time
from typing import Protocol

TICK_S = 0.02
_TURN_S = 0.01
"""Seconds of work that begin in one turn of the event loop."""
_BUSY_SHARE = 0.5
"""Of a processor: only a process that uses more refuses anything, and learns what requests cost."""
LEAST = 8
"""Requests that may always wait: one that blocks the event loop is no overload."""
_REFUSAL_S = 15e-6
"""What it costs to refuse a request, which is no part of what the others cost."""
_BUSY_S = 0.1
"""A process that is busy for a shorter time, as by a rush after a pause, is not overloaded; and one
that has time to spare for a shorter time still is."""
_LEAST_ENDED = 3
"""Requests from which is learned what they cost: at a start there is other work."""
_KEPT = 0.95
"""Of the sums at the next tick."""
_LATE = 2
"""Times the seconds that requests may wait: they are no longer handled."""

_EXEMPT = frozenset((b"/healthz", b"/readyz", b"/metrics", b"/debug", b"/debug.json"))
_EXEMPT_FOLDER = b"/debug/"


def is_exempt(target: bytes) -> bool:
    """Tell whether a request is never refused: probes and what operators ask for."""
    path = target.partition(b"?")[0]
    return path in _EXEMPT or path.startswith(_EXEMPT_FOLDER)


class Queue(Protocol):
    """Where requests wait until they are handled."""

    waiting: Callable[[], int]
    """Returns how many wait."""

    def follow(self, shedder: "Shedder") -> None:
        """Let as many be handled at once as this one's ticks tell."""
        ...


class Shedder:
    """Refuses requests that would have to wait for longer than `target_s`, while a process is busy.

    Attributes:
        most: Requests that may wait; None while all may.
        late_s: Seconds after which a request that waits is refused after all in a busy process.
        waiting: Returns how many requests wait.
        at_once: Requests that may begin in one turn of an event loop.
        on_tick: Is called with the seconds since the last tick, and the processors used in them.
    """

    def __init__(
        self,
        target_s: float,
        ended: Callable[[], int],
        waiting: Callable[[], int],
        on_refused: Callable[[], None],
    ) -> None:
        """Create one for a process.

        Args:
            target_s: Seconds that requests may wait.
            ended: Returns how many requests have ended since the start.
            waiting: Returns how many wait for a thread, or for a turn of the event loop.
            on_refused: Is called for each request that is refused.
        """
        self.most: int | None = None
        self.late_s = _LATE * target_s
        self._target_s = target_s
        self._count_ended = ended
        self.waiting = waiting
        self.at_once = LEAST
        self.on_tick: Callable[[float, float], None] | None = None
        self._on_refused = on_refused
        self._refused = self._ended = 0
        self._busy_s = self._idle_s = self._computing_s = 0.0
        self._work_s = self._work = 0.0
        self._looked_at, self._used_s = monotonic(), process_time()

    def refuses(self, target: bytes) -> bool:
        """Tell whether to refuse a new request; ask while `most` is no None. Cost: 0.3 µs."""
        if self.most is None or self.waiting() < self.most:
            return False
        if is_exempt(target):
            return False
        self._refused += 1
        self._on_refused()
        return True

    def is_late(self, target: bytes, waited_s: float) -> bool:
        """Tell whether a request has waited for so long that it is refused after all.

        They do that came before it was known what they cost. May be called in any thread, and does
        not rely on ticks: beside threads that compute, the event loop may not have one for seconds.
        Cost: 1 µs, for who has waited.
        """
        if waited_s <= self.late_s or is_exempt(target):
            return False
        since_s, used_s = monotonic() - self._looked_at, process_time() - self._used_s
        is_used = used_s > _BUSY_SHARE * since_s
        return self._computing_s + (since_s if is_used else 0.0) >= _BUSY_S

    def count_late(self) -> None:
        """Count a request that was refused after it had waited, before it counts as ended."""
        self._ended += 1  # it tells nothing of what requests cost
        self._refused += 1
        self._on_refused()

    def look(self, after_s: float = 0.0) -> None:
        """Learn what requests cost, if the last time was `after_s` seconds ago. Cost: 5 µs."""
        now = monotonic()
        if now - self._looked_at < after_s:
            return
        elapsed_s, used_s = now - self._looked_at, process_time() - self._used_s
        self._looked_at, self._used_s = now, self._used_s + used_s
        self.tick(elapsed_s, used_s)
        if self.on_tick is not None:
            self.on_tick(elapsed_s, used_s / elapsed_s)

    def tick(self, elapsed_s: float, used_s: float) -> None:
        """Learn what requests cost.

        Args:
            elapsed_s: Since the last tick.
            used_s: Time of the processor since then.
        """
        ended = self._count_ended()
        done, self._ended = ended - self._ended, ended
        late_s = elapsed_s - TICK_S
        worked_s = max(used_s, late_s) - self._refused * _REFUSAL_S
        is_busy = max(used_s, late_s) > _BUSY_SHARE * elapsed_s
        is_used = used_s > _BUSY_SHARE * elapsed_s
        self._computing_s = self._computing_s + elapsed_s if is_used else 0.0
        self._refused = 0
        if not is_busy:
            self._idle_s += elapsed_s
            if self._idle_s >= _BUSY_S:
                self.most, self.at_once, self._busy_s = None, LEAST, 0.0
            return
        self._busy_s += elapsed_s
        self._idle_s = 0.0
        self._work_s = _KEPT * self._work_s + max(worked_s, 0.0)
        self._work = _KEPT * self._work + done
        if self._work_s and self._work >= _LEAST_ENDED and self._busy_s >= _BUSY_S:
            each_s = self._work_s / self._work
            self.most = max(LEAST, round(self._target_s / each_s))
            self.at_once = max(1, round(_TURN_S / each_s))


async def watch(shedder: Shedder) -> None:
    """Have a shedder follow the event loop that this runs on. Cost: 5 µs each `TICK_S`."""
    while True:
        await asyncio.sleep(TICK_S)
        shedder.look()
