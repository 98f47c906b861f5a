"""Measuring two pieces of work in turn, so that whatever else the machine does meets both."""

from collections.abc import Callable
from time import perf_counter, process_time
from typing import Any

from .baseline import Ratios
from .running import Run

WARM_UP_ROUNDS = 5
"""They open connections and compile statements."""

Work = Callable[[int], None]
"""Does something so many times."""


class Clock:
    """Does a piece of work in rounds, and knows the shortest ones: the least disturbed."""

    def __init__(self, run: Run[Any], work: Work, times: int) -> None:
        """Warm up.

        Args:
            times: Of a round, the same in each run: what a round itself costs is part of it. A
                few milliseconds are best, shorter than what the system gives a process at once.
        """
        self._run = run
        self._work = work
        self._times = times
        for _ in range(WARM_UP_ROUNDS):
            self._cpu_s = self._wall_s = float("inf")
            self.measure()

    def measure(self) -> None:
        """Do a round."""
        cpu, wall = process_time(), perf_counter()
        self._run(self._work(self._times))
        cpu, wall = process_time() - cpu, perf_counter() - wall
        self._cpu_s = min(self._cpu_s, cpu / self._times)
        self._wall_s = min(self._wall_s, wall / self._times)

    def ratios_to(self, other: "Clock") -> Ratios:
        """Return what this takes as multiples of what `other` takes."""
        return Ratios(self._cpu_s / other._cpu_s, self._wall_s / other._wall_s)
