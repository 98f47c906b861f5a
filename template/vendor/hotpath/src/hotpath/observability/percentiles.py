"""Percentiles from the buckets of a histogram."""

from collections.abc import Sequence


def percentile(bounds: Sequence[float], counts: Sequence[int], share: float) -> float:
    """Return the value that `share` of all values do not exceed; 0 without values.

    It is interpolated in the bucket that it falls into, so it is wrong by less than the width of
    that bucket: with bounds of 0.1, 0.25 and 0.5 a value of 0.3 may be told as anything between
    0.25 and 0.5. Beyond the last finite bound it is that bound.

    Args:
        bounds: The upper bounds of the buckets; the last is infinite.
        counts: How many values fell into each bucket, not cumulated.
        share: From 0 to 1, such as 0.95.
    """
    wanted, below = share * sum(counts), 0
    for place, count in enumerate(counts):
        if count and below + count >= wanted:
            lower = bounds[place - 1] if place else 0.0
            if place == len(bounds) - 1:
                return lower
            return lower + (bounds[place] - lower) * (wanted - below) / count
        below += count
    return 0.0
