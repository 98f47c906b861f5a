"""What needs private parts of prometheus-client, which is pinned to a minor version for it.

Of `Histogram`: `_upper_bounds`, `_sum` and `_buckets`, to add many observations at once; the
library takes one at a time. Of `multiprocess`: `MultiProcessCollector.merge`, on files of our
choice. A `Histogram` that is observed directly, as all but the hottest are, needs none of it.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from prometheus_client import Histogram, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector


def bucket_bounds(histogram: Histogram) -> Sequence[float]:
    """Return the upper bounds of the buckets, the last of which is infinity."""
    bounds: Sequence[float] = histogram._upper_bounds
    return bounds


def add_observations(histogram: Histogram, counts: Sequence[int], total: float) -> None:
    """Add observations: how many fell into each bucket, and the sum of their values."""
    histogram._sum.inc(total)
    for bucket, count in zip(histogram._buckets, counts, strict=True):
        if count:
            bucket.inc(count)


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
