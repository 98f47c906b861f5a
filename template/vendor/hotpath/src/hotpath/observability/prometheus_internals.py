"""What needs private parts of prometheus-client, which is pinned to a minor version for it.

Of `Histogram`: `_upper_bounds`, `_sum` and `_buckets`, to add many observations at once; the
library takes one at a time. Of `multiprocess`: `MultiProcessCollector.merge`, on files of our
choice. With `buffered_metrics` off none of it is used.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from pathlib import Path

from prometheus_client import Histogram, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector


class BufferedHistogram:
    """A histogram at 0.2 µs per value, where the library's takes 1.5 µs, or 4 µs if shared.

    `add` is exact across threads, as `BufferedCounter` is: no call is between a read and its write.
    """

    __slots__ = ("_bounds", "_counts", "_flushed", "_flushed_sum", "_histogram", "_sum")

    def __init__(self, histogram: Histogram) -> None:
        self._histogram = histogram
        self._bounds: Sequence[float] = histogram._upper_bounds
        self._counts = [0] * len(self._bounds)
        self._flushed = [0] * len(self._bounds)
        self._sum = 0.0
        self._flushed_sum = 0.0

    def add(self, value: float) -> None:
        """Observe a value."""
        place = bisect_left(self._bounds, value)
        self._counts[place] += 1
        self._sum += value

    def add_all(self, values: Sequence[float]) -> None:
        """Observe many values, in half the time of one call each."""
        counts, bounds = self._counts, self._bounds
        for value in values:
            place = bisect_left(bounds, value)
            counts[place] += 1
        total = sum(values)
        self._sum += total

    def flush(self) -> None:
        """Add what was observed since the last flush to the histogram."""
        total = self._sum
        counts = self._counts.copy()
        if counts == self._flushed:
            return
        increases = [count - flushed for count, flushed in zip(counts, self._flushed, strict=True)]
        self._histogram._sum.inc(total - self._flushed_sum)
        for bucket, increase in zip(self._histogram._buckets, increases, strict=True):
            if increase:
                bucket.inc(increase)
        self._flushed, self._flushed_sum = counts, total


class SharedCollector(Collector):
    """Collects the metrics of all processes; the library's own collector fails on an empty file.

    A process creates its files empty and resizes them a moment later. One that is killed in
    between leaves an empty file, with which every later scrape would fail.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def collect(self) -> Iterator[Metric]:
        """Merge the files of all processes."""
        files = filter(_is_not_empty, self._directory.glob("*.db"))
        yield from MultiProcessCollector.merge([str(file) for file in files])


def _is_not_empty(file: Path) -> bool:
    try:
        return file.stat().st_size > 0
    except FileNotFoundError:  # another scrape deleted it
        return False
