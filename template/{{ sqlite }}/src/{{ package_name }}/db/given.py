"""Rows that are given, as a table in a statement, and the INSERT that can skip rows."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import JSON, Column, FromClause, bindparam, func, select
from sqlalchemy.dialects.sqlite import Insert, dialect

__all__ = ["Insert", "given_rows"]

_DIALECT = dialect()


def given_rows(columns: Sequence[Column[Any]], rows: Sequence[Sequence[Any]]) -> FromClause:
    """Return `rows` as a table with `columns`: `json_each(?)`, one parameter for all.

    Values are what JSON can hold once they are as the column stores them; bytes are not.
    """
    values = zip(*rows, strict=True)
    stored = [_as_stored(each, of_column) for each, of_column in zip(columns, values, strict=True)]
    lists = bindparam(None, list(zip(*stored, strict=True)), JSON)
    row = func.json_each(lists).table_valued("value", name="row")
    fields = [
        func.json_extract(row.c.value, f"$[{position}]", type_=each.type).label(each.name)
        for position, each in enumerate(columns)
    ]
    return select(*fields).subquery("given")


def _as_stored(column: Column[Any], values: Sequence[Any]) -> list[Any]:
    store = column.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
    return list(values) if store is None else [store(value) for value in values]
