"""What the databases say differently."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func
from sqlalchemy.orm import InstrumentedAttribute

_SECONDS_PER_DAY = 86_400


def age_in_days(moment: InstrumentedAttribute[datetime], now: datetime) -> ColumnElement[Any]:
    """Return how long before `now` a column's moment was."""
    then = bindparam(None, now, moment.type)
    return func.date_part("epoch", then - moment) / _SECONDS_PER_DAY
