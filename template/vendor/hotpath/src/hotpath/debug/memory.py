"""Where memory goes: snapshots of tracemalloc and their difference, objects by type."""

import gc
import os
import tracemalloc
from collections import Counter
from threading import Lock
from time import monotonic

from hotpath.db.errors import Conflict
from hotpath.debug.growth import read_growths
from hotpath.debug.models import (
    AllocationReport,
    DifferenceReport,
    GrowthReport,
    MemoryReport,
    ObjectReport,
    SnapshotReport,
)
from hotpath.debug.system import read_garbage, this_process

MAX_ROWS = 200
"""Rows that a request may ask for."""

_OWN = (tracemalloc.__file__, __file__, "<frozen importlib._bootstrap>")


class NoSnapshot(Conflict):
    """There is nothing to compare with."""

    def __init__(self) -> None:
        super().__init__(
            f"process {os.getpid()} has no snapshot: POST /debug/memory/snapshot first, "
            f"on the same connection where several processes serve"
        )


class MemoryTracer:
    """The tracing of allocations of this process, and its last snapshot.

    Tracing takes memory for every block that is allocated, and makes allocations 2 to 4 times as
    slow, so it runs only between `take` and `stop`.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._snapshot: tracemalloc.Snapshot | None = None
        self._taken_at = 0.0

    def take(self) -> SnapshotReport:
        """Take a snapshot instead of the last one; start tracing if it is off.

        Cost: 0.1 to 1 s, in which other threads hardly run; memory for a row per line of code.
        """
        with self._lock:
            is_started = not tracemalloc.is_tracing()
            if is_started:
                tracemalloc.start()
            self._snapshot = tracemalloc.take_snapshot()
            self._taken_at = monotonic()
            return SnapshotReport(
                pid=os.getpid(),
                tracing_started=is_started,
                traced_bytes=tracemalloc.get_traced_memory()[0],
                tracer_bytes=tracemalloc.get_tracemalloc_memory(),
            )

    def difference(self, top: int) -> DifferenceReport:
        """Return the `top` lines whose memory changed most since the snapshot, most first.

        Raises:
            NoSnapshot: none was taken in this process.
        Cost: that of a snapshot.
        """
        with self._lock:
            if self._snapshot is None or not tracemalloc.is_tracing():
                raise NoSnapshot
            seconds = monotonic() - self._taken_at
            lines = _without_own(tracemalloc.take_snapshot()).compare_to(
                _without_own(self._snapshot), "lineno"
            )
        return DifferenceReport(
            pid=os.getpid(),
            seconds=seconds,
            size_diff_bytes=sum(each.size_diff for each in lines),
            lines=[_allocation(each) for each in lines[:top]],
        )

    def stop(self) -> None:
        """Stop tracing, and drop the snapshot."""
        with self._lock:
            self._snapshot = None
            tracemalloc.stop()


TRACER = MemoryTracer()
"""That of this process, which tracemalloc has one of."""


def read_memory(objects: int = 0) -> MemoryReport:
    """Return the memory of this process.

    Args:
        objects: How many types of objects to list; 0 for none.
    Cost: 5 ms; with `objects` 0.1 µs for each that was made since the start.
    """
    memory = this_process().memory_full_info()
    traced, peak = tracemalloc.get_traced_memory()
    return MemoryReport(
        pid=os.getpid(),
        rss_bytes=memory.rss,
        uss_bytes=memory.uss,
        traced=tracemalloc.is_tracing(),
        traced_bytes=traced,
        traced_peak_bytes=peak,
        garbage=read_garbage(),
        functions=[GrowthReport.model_validate(each) for each in read_growths()],
        objects=_most_objects(objects) if objects else None,
    )


def _most_objects(count: int) -> list[ObjectReport]:
    types = Counter(type(each) for each in gc.get_objects())
    return [
        ObjectReport(type=f"{kind.__module__}.{kind.__qualname__}", count=number)
        for kind, number in types.most_common(count)
    ]


def _without_own(snapshot: tracemalloc.Snapshot) -> tracemalloc.Snapshot:
    filters = [tracemalloc.Filter(inclusive=False, filename_pattern=name) for name in _OWN]
    return snapshot.filter_traces(filters)


def _allocation(difference: tracemalloc.StatisticDiff) -> AllocationReport:
    frame = difference.traceback[0]
    return AllocationReport(
        file=frame.filename,
        line=frame.lineno,
        size_bytes=difference.size,
        size_diff_bytes=difference.size_diff,
        count=difference.count,
        count_diff=difference.count_diff,
    )
