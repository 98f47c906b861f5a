"""What the databases say differently."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, bindparam, func, type_coerce
from sqlalchemy.orm import InstrumentedAttribute


def age_in_days(moment: InstrumentedAttribute[datetime], now: datetime) -> ColumnElement[Any]:
    """Return how long before `now` a column's moment was."""
    then = bindparam(None, now, moment.type)
    return func.julianday(then) - func.julianday(moment)


def utc_text(moment: InstrumentedAttribute[datetime]) -> ColumnElement[str]:
    """Return a column's moment in UTC as a text for `datetime.fromisoformat`, which says no zone.

    It is what SQLite keeps.
    """
    return type_coerce(moment, Text)
