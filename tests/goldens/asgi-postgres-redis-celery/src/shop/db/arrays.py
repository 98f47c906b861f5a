"""Lists as one parameter, so that a statement is prepared once for lists of all lengths."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, any_, bindparam
from sqlalchemy.orm import InstrumentedAttribute

Column = ColumnElement[Any] | InstrumentedAttribute[Any]


def is_in(column: Column, values: Sequence[Any]) -> ColumnElement[bool]:
    """Compare `column` with any of `values`: `column = ANY($1)`."""
    return column == any_(bindparam(None, list(values), ARRAY(column.type)))


def is_in_given(column: Column, name: str) -> ColumnElement[bool]:
    """Compare `column` with any of the list that `name` stands for, in a prepared statement."""
    return column == any_(bindparam(name, type_=ARRAY(column.type)))
