"""How many threads handle requests at once: many while these wait, a few while they compute.

Threads that compute take turns of 5 ms each, and the event loop waits until all of them had theirs:
beside 64 of them it accepts a connection, or refuses a request, after a third of a second.
"""

from hotpath.server.shedding import LEAST, TICK_S

_LATE_S = 0.015
"""An event loop that is later waits for threads that compute."""
_IN_TIME_S = 0.005
"""One that is less late than this waits for nobody who computes for long."""
_SMOOTHED_S = 0.06
"""The time over which it is averaged how late it is."""
_BUSY_SHARE = 0.5
"""Of a processor: of a process that uses less, the loop waits for other processes."""
_FULL_SHARE = 0.9
"""With more, other threads find the processor taken."""
_BESIDE_LOCK = 1.2
"""Processors: a process that uses more computes without the interpreter's lock."""
_MORE, _LESS = 1.5, 0.9
"""What the limit is multiplied with in a tick."""
_LEAST = 2
"""One computes while the other waits."""


class ThreadLimit:
    """Follows what the process does, tick by tick.

    Attributes:
        value: Threads that may be busy.
    """

    def __init__(self, count: int) -> None:
        """Make that of a pool of `count` threads."""
        self._count = count
        self.value = min(LEAST, count)
        self._late_s = 0.0

    def tick(self, elapsed_s: float, used: float, busy: int, waiting: int) -> None:
        """Adapt the limit.

        Args:
            elapsed_s: Since the last tick, which the event loop wanted to be `TICK_S` ago.
            used: Processors that the process used since then.
            busy: Threads that handle requests.
            waiting: Requests that wait for one.
        """
        late_s = elapsed_s - TICK_S
        self._late_s += (late_s - self._late_s) * elapsed_s / (elapsed_s + _SMOOTHED_S)
        if min(late_s, self._late_s) > _LATE_S and _BUSY_SHARE < used < _BESIDE_LOCK:
            self._reduce(_LEAST, elapsed_s)
        elif waiting and (self._late_s < _IN_TIME_S or used < _FULL_SHARE):
            self.value = min(self._count, round(self.value * _MORE))
        elif busy < self.value / 2:
            self._reduce(LEAST, elapsed_s)

    def _reduce(self, least: int, elapsed_s: float) -> None:
        reduced = int(self.value * _LESS ** (elapsed_s / TICK_S))
        self.value = min(self.value, max(least, reduced))
