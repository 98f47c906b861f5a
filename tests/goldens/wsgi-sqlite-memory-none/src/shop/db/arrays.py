"""Lists as one parameter, so that a statement is prepared once for lists of all lengths."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import JSON, ColumnElement, bindparam, func, select
from sqlalchemy.orm import InstrumentedAttribute

Column = ColumnElement[Any] | InstrumentedAttribute[Any]


def is_in(column: Column, values: Sequence[Any]) -> ColumnElement[bool]:
    """Compare `column` with any of `values`: `column IN (SELECT value FROM json_each(?))`."""
    listed = func.json_each(bindparam(None, list(values), JSON)).table_valued("value")
    return column.in_(select(listed.c.value))


def is_in_given(column: Column, name: str) -> ColumnElement[bool]:
    """Compare `column` with any of the list that `name` stands for, in a prepared statement."""
    listed = func.json_each(bindparam(name, type_=JSON)).table_valued("value")
    return column.in_(select(listed.c.value))
