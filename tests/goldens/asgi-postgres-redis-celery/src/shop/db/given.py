"""Rows that are given, as a table in a statement, and the INSERT that can skip rows."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, Column, FromClause, bindparam, column, func
from sqlalchemy.dialects.postgresql import Insert

__all__ = ["Insert", "given_rows", "named_rows", "named_values"]


def given_rows(values: Mapping[Column[Any], Sequence[Any]]) -> FromClause:
    """Return values by column as a table: `unnest($1::text[], …)`, one parameter per column."""
    lists = [bindparam(None, given, ARRAY(each.type)) for each, given in values.items()]
    names = [column(each.name, each.type) for each in values]
    return func.unnest(*lists).table_valued(*names, name="given").render_derived()


def named_rows(columns: Sequence[Column[Any]]) -> FromClause:
    """Return the same for a prepared statement, which is given `named_values`."""
    lists = [bindparam(each.name, type_=ARRAY(each.type)) for each in columns]
    names = [column(each.name, each.type) for each in columns]
    return func.unnest(*lists).table_valued(*names, name="given").render_derived()


def named_values(columns: Sequence[Column[Any]], rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Return rows, at least one, as such a statement takes them."""
    lists = zip(*rows, strict=True)
    return {each.name: list(values) for each, values in zip(columns, lists, strict=True)}
