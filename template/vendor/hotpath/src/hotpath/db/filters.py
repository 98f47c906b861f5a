"""Filters of pages: columns to compare, and whether an index begins with them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import ge, gt, le, lt
from typing import Any

from sqlalchemy import Index, Table
from sqlalchemy.orm import InstrumentedAttribute

Attribute = InstrumentedAttribute[Any]
Compare = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Bound:
    """A filter that compares, such as `after(User.created_at)`."""

    column: Attribute
    compare: Compare


def after(column: Attribute) -> Bound:
    """Return a filter for rows whose column is greater than the value."""
    return Bound(column, gt)


def at_least(column: Attribute) -> Bound:
    """Return a filter for rows whose column is the value or greater."""
    return Bound(column, ge)


def before(column: Attribute) -> Bound:
    """Return a filter for rows whose column is less than the value."""
    return Bound(column, lt)


def at_most(column: Attribute) -> Bound:
    """Return a filter for rows whose column is the value or less."""
    return Bound(column, le)


Filters = Mapping[str, Attribute | Bound]

STARTS = {False: (gt, ge), True: (lt, le)}
"""What bounds the start of pages that ascend, and of those that descend."""


def equals(column: Any, value: Any) -> Any:
    """Compare a column with a value."""
    return column == value


def first_columns(table: Table) -> set[str]:
    """Return the names of the columns that begin an index."""
    indexes: list[Any] = [each for each in table.indexes if isinstance(each, Index)]
    indexes += [each for each in table.constraints if hasattr(each, "columns")]
    unique = {each.name for each in table.c if each.unique or each.index}
    begins = (next(iter(each.columns), None) for each in indexes if _is_index(each))
    return unique | {each.name for each in begins if each is not None}


def _is_index(item: Any) -> bool:
    return isinstance(item, Index) or item.__visit_name__ in {
        "primary_key_constraint",
        "unique_constraint",
    }
