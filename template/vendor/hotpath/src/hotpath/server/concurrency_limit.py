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
_OWN_SHARE = 0.2
"""Of a processor: while requests use less, the loop waits for something else in the process."""
_FULL_SHARE = 0.9
"""With more, other requests find the processor taken."""
_BESIDE_LOCK = 1.2
"""Processors: a process that uses more computes without the interpreter's lock."""
_MORE, _LESS = 1.5, 0.9
"""What the limit is multiplied with in `TICK_S`."""
_LEAST = 2
"""One request may wait while another computes."""
_LONG_S = 0.1
"""After one to two times as long a request no longer counts: it keeps no others from beginning."""


class ConcurrencyLimit:
    """Follows what the process does, tick by tick.

    Attributes:
        value: Requests that may be handled at once, beside those that take long.
        busy: Requests that are handled, but for those that take long. Counts may be wrong by some
            where threads meet, for as long as a request counts.
    """

    def __init__(self, usual: int, most: int) -> None:
        """Create one for a process.

        Args:
            usual: The value while nothing is known, and while it is enough.
            most: The largest value.
        """
        self._usual = min(usual, most)
        self._most = most
        self.value = self._usual
        self.busy = 0
        self._late_s = 0.0
        self._began = [0, 0]
        """Requests that have not ended, by the last bit of the number of the period, of `_LONG_S`,
        in which they began: this one and the one before."""
        self._period = 0
        self._period_s = 0.0

    def began(self) -> int:
        """Count a request; return what `ended` wants to know. Cost: 0.1 µs."""
        self._began[self._period & 1] += 1
        self.busy += 1
        return self._period

    def ended(self, period: int) -> None:
        """Count a request no longer. Cost: 0.1 µs."""
        if period >= self._period - 1:
            self._began[period & 1] -= 1
            self.busy -= 1

    def tick(self, elapsed_s: float, used: float, own: float, waiting: int) -> None:
        """Adapt the limit.

        Args:
            elapsed_s: Since the last tick, which the event loop wanted to be `TICK_S` ago.
            used: Processors that the process used since then.
            own: Those among them that requests used, as far as it is known.
            waiting: Requests that wait.
        """
        late_s, ticks = max(0.0, elapsed_s - TICK_S), elapsed_s / TICK_S
        self._late_s += (late_s - self._late_s) * elapsed_s / (elapsed_s + _SMOOTHED_S)
        is_late = min(late_s, self._late_s) > _LATE_S
        if is_late and _BUSY_SHARE < used < _BESIDE_LOCK and own > _OWN_SHARE:
            if self.busy <= self.value:  # else what was reduced before has no effect yet
                self._reduce(_LEAST, ticks)
        elif self.busy >= self.value:
            may_help = used < _FULL_SHARE or own < _OWN_SHARE
            if waiting and (may_help or self._late_s < _IN_TIME_S):
                self._grow(self._most, ticks)
        elif self.value < self._usual and not waiting:
            self._grow(self._usual, ticks)
        elif self.busy < self.value / 2:
            self._reduce(self._usual, ticks)
        self._forget(elapsed_s)

    def _grow(self, most: int, ticks: float) -> None:
        self.value = min(most, max(self.value, round(self.value * _MORE ** min(ticks, 1.0))))

    def _reduce(self, least: int, ticks: float) -> None:
        self.value = min(self.value, max(least, int(self.value * _LESS**ticks)))

    def _forget(self, elapsed_s: float) -> None:
        """Begin another period, if this one has been long enough."""
        self._period_s += elapsed_s
        if self._period_s >= _LONG_S:
            self._period_s = 0.0
            self._period += 1
            self._began[self._period & 1] = 0
            self.busy = self._began[~self._period & 1]
