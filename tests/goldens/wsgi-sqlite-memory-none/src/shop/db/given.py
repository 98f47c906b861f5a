"""Rows that are given, as a table in a statement, and the INSERT that can skip rows."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, FromClause, bindparam, func, select
from sqlalchemy.dialects.sqlite import Insert, dialect

__all__ = ["Insert", "given_rows"]

_DIALECT = dialect()


def given_rows(values: Mapping[Column[Any], Sequence[Any]]) -> FromClause:
    """Return values by column as a table: `json_each(?)`, one parameter for all.

    As the column stores them, values must be what JSON can hold: anything but bytes.
    """
    stored = [_as_stored(each, given) for each, given in values.items()]
    rows = json.dumps(list(zip(*stored, strict=True)), separators=(",", ":"))
    row = func.json_each(bindparam(None, rows)).table_valued("value", name="row")
    fields = [
        func.json_extract(row.c.value, f"$[{position}]", type_=each.type).label(each.name)
        for position, each in enumerate(values)
    ]
    return select(*fields).subquery("given")


def _as_stored(column: Column[Any], values: Sequence[Any]) -> Sequence[Any]:
    store = column.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
    return values if store is None else [store(value) for value in values]
