"""Rate limits, as settings spell them: `100/minute`, or several as `10/second;1000/hour`."""

from functools import lru_cache
from typing import NamedTuple

MAX_QUOTA = 1_000_000_000
_YEAR_S = 31_104_000
"""Seconds of the longest window, 360 days."""

_ALLOWED = (
    "must be such as 100/minute, 100/5 minutes or 10/second;1000/hour: a count from 1 to a "
    "billion, a slash, and second, minute, hour, day, month or year"
)


class Limit(NamedTuple):
    """At most `quota` requests in any `window_s` seconds."""

    name: str
    """Of the policy, as clients see it: `default` of one limit, else such as `100 per 1 minute`."""

    quota: int
    window_s: int


@lru_cache(maxsize=1)
def parse_limits(text: str) -> tuple[Limit, ...]:
    """Return the limits in a text, those of the shortest window first; none for an empty text.

    Raises:
        ValueError: it is not what `limits` reads, a count or a window is out of bounds, or two
            windows are the same.
    Cost: 0.1 s the first time, to import `limits`.
    """
    if not text.strip():
        return ()
    from limits import parse_many  # noqa: PLC0415 - most services have no limit

    try:
        items = sorted(parse_many(text.strip()), key=lambda item: item.get_expiry())
    except ValueError:
        raise ValueError(_ALLOWED) from None
    windows = [item.get_expiry() for item in items]
    if any(not 1 <= item.amount <= MAX_QUOTA or item.multiples < 1 for item in items):
        raise ValueError(_ALLOWED)
    if windows[-1] > _YEAR_S:
        raise ValueError(f"a window of {windows[-1]} seconds, at most a year of 360 days")
    if len(set(windows)) < len(windows):
        raise ValueError("two limits for the same time: the lower one is enough")
    is_one = len(items) == 1
    return tuple(
        Limit("default" if is_one else str(item), item.amount, item.get_expiry()) for item in items
    )
