"""Rows that are given, as a table in a statement, and the INSERT that can skip rows."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, Column, FromClause, bindparam, column, func
from sqlalchemy.dialects.postgresql import Insert

__all__ = ["Insert", "given_rows"]


def given_rows(columns: Sequence[Column[Any]], rows: Sequence[Sequence[Any]]) -> FromClause:
    """Return `rows` as a table with `columns`: `unnest($1::text[], …)`, a parameter per column."""
    values = zip(*rows, strict=True)
    lists = [
        bindparam(None, list(of_column), ARRAY(each.type))
        for each, of_column in zip(columns, values, strict=True)
    ]
    names = [column(each.name, each.type) for each in columns]
    return func.unnest(*lists).table_valued(*names, name="given").render_derived()
