"""How many requests are handled at once: many while they wait, a few while they compute.

An event loop waits for what computes: for threads that take turns of 5 ms each, or for requests of
its own that all go on in one turn. Beside 64 of them it accepts a connection, or refuses a request,
after a third of a second.
"""

from hotpath.server.shedding import TICK_S

_LATE_S = 0.015
"""An event loop that is later than this waits for what computes."""
_IN_TIME_S = 0.005
"""One that is less late than this waits for nobody who computes for long."""
_SMOOTHED_S = 0.06
"""The time over which it is averaged how late it is."""
_BUSY_SHARE = 0.5
"""Of a processor: of a process that uses less, the loop waits for other processes."""
_FULL_SHARE = 0.9
"""With more, other requests find the processor taken."""
_BESIDE_LOCK = 1.2
"""Processors: a process that uses more computes without the interpreter's lock."""
_MORE, _LESS = 1.5, 0.9
"""What the limit is multiplied with in a tick."""
_LEAST = 2
"""One computes while the other waits."""


class ConcurrencyLimit:
    """Follows what the process does, tick by tick.

    Attributes:
        value: Requests that may be handled at once.
    """

    def __init__(self, usual: int, most: float) -> None:
        """Create one for a process.

        Args:
            usual: The value while nothing is known, and while it is enough.
            most: The largest value.
        """
        self._usual = min(usual, most)
        self._most = most
        self.value = self._usual
        self._late_s = 0.0

    def tick(self, elapsed_s: float, used: float, busy: int, waiting: int) -> None:
        """Adapt the limit.

        Args:
            elapsed_s: Since the last tick, which the event loop wanted to be `TICK_S` ago.
            used: Processors that the process used since then.
            busy: Requests that are handled.
            waiting: Requests that wait.
        """
        late_s = max(0.0, elapsed_s - TICK_S)
        self._late_s += (late_s - self._late_s) * elapsed_s / (elapsed_s + _SMOOTHED_S)
        if min(late_s, self._late_s) > _LATE_S and _BUSY_SHARE < used < _BESIDE_LOCK:
            if busy <= self.value:  # else what was reduced before has no effect yet
                self._reduce(_LEAST, elapsed_s)
        elif waiting and (self._late_s < _IN_TIME_S or used < _FULL_SHARE):
            self.value = min(self._most, round(self.value * _MORE))
        elif busy < self.value / 2:
            self._reduce(self._usual, elapsed_s)

    def _reduce(self, least: float, elapsed_s: float) -> None:
        reduced = int(self.value * _LESS ** (elapsed_s / TICK_S))
        self.value = min(self.value, max(least, reduced))
