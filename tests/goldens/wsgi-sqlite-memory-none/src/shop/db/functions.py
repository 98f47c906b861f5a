"""What the databases say differently."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func
from sqlalchemy.orm import InstrumentedAttribute


def age_in_days(moment: InstrumentedAttribute[datetime], now: datetime) -> ColumnElement[Any]:
    """Return how long before `now` a column's moment was."""
    then = bindparam(None, now, moment.type)
    return func.julianday(then) - func.julianday(moment)
