"""What a process remembers of its last minute: latencies, processor time, how late its loop is."""

from collections import deque
from collections.abc import Callable
from time import monotonic, process_time, time
from typing import NamedTuple

from hotpath.debug.windows import EVERY_S, WINDOW_S, LatencyWindows
from hotpath.observability.metrics import Metrics

LAG_EVERY_S = 0.5
"""Seconds between two measurements of an event loop's lag."""


class Backlog(NamedTuple):
    """The threads that handle requests, and requests that wait for one."""

    size: int
    limit: int
    busy: int
    waiting: int


class Monitor:
    """The last minute of this process; `tick` has to be called every `EVERY_S`.

    Attributes:
        started_at: When the process was ready, as `time.time()`.
        windows: Latencies by route.
        lags_s: How late the event loop was in the last minute; empty without an event loop.
        backlog: Returns the threads of the server, if it has some.
    """

    def __init__(self, metrics: Metrics, *, clock: Callable[[], float] = monotonic) -> None:
        self.started_at = time()
        self.windows = LatencyWindows(metrics.request_seconds.series, clock=clock)
        self.lags_s: deque[float] = deque(maxlen=int(WINDOW_S / LAG_EVERY_S))
        self.backlog: Callable[[], Backlog] | None = None
        self._clock = clock
        self._processor: deque[tuple[float, float]] = deque(maxlen=int(WINDOW_S / EVERY_S) + 1)
        self._processor.append((clock(), process_time()))

    def tick(self) -> None:
        """Remember the figures of this moment. Cost: 0.5 µs for each route."""
        self.windows.tick()
        self._processor.append((self._clock(), process_time()))

    def processor_percent(self) -> float:
        """Return the share of a processor that the process took in the last minute; 100 is one."""
        at, seconds = self._processor[0]
        return 100 * (process_time() - seconds) / max(self._clock() - at, 0.001)
