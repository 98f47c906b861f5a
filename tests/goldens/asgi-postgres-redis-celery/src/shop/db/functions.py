"""What the databases say differently."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, bindparam, cast, func
from sqlalchemy.orm import InstrumentedAttribute

_SECONDS_PER_DAY = 86_400


def age_in_days(moment: InstrumentedAttribute[datetime], now: datetime) -> ColumnElement[Any]:
    """Return how long before `now` a column's moment was."""
    then = bindparam(None, now, moment.type)
    return func.date_part("epoch", then - moment) / _SECONDS_PER_DAY


def utc_text(moment: InstrumentedAttribute[datetime]) -> ColumnElement[str]:
    """Return a column's moment in UTC as a text for `datetime.fromisoformat`, which says no zone.

    Of a text, a datetime is made in 0.1 µs; drivers take 0.4 to 0.9 µs for theirs.
    """
    return cast(func.timezone("UTC", moment), Text)
