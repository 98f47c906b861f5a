"""Rows that are given, as a table in a statement, and the INSERT that can skip rows."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, Column, FromClause, bindparam, column, func
from sqlalchemy.dialects.postgresql import Insert

__all__ = ["Insert", "given_rows"]


def given_rows(values: Mapping[Column[Any], Sequence[Any]]) -> FromClause:
    """Return values by column as a table: `unnest($1::text[], …)`, one parameter per column."""
    lists = [bindparam(None, given, ARRAY(each.type)) for each, given in values.items()]
    names = [column(each.name, each.type) for each in values]
    return func.unnest(*lists).table_valued(*names, name="given").render_derived()
