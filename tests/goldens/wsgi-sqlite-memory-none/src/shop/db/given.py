"""Rows that are given, as a table in a statement, and the INSERT that can skip rows."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, Column, FromClause, Text, bindparam, func, select
from sqlalchemy.dialects.sqlite import Insert, dialect

__all__ = ["Insert", "given_rows", "named_rows", "named_values"]

_DIALECT = dialect()


def given_rows(values: Mapping[Column[Any], Sequence[Any]]) -> FromClause:
    """Return values by column as a table: `json_each(?)`, one parameter for all.

    As the column stores them, values must be what JSON can hold: anything but bytes.
    """
    return _table(list(values), bindparam(None, _text(values)))


def named_rows(columns: Sequence[Column[Any]]) -> FromClause:
    """Return the same for a prepared statement, which is given `named_values`."""
    return _table(columns, bindparam("rows", type_=Text))


def named_values(columns: Sequence[Column[Any]], rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Return rows, at least one, as such a statement takes them."""
    return {"rows": _text(dict(zip(columns, zip(*rows, strict=True), strict=True)))}


def _table(columns: Sequence[Column[Any]], rows: BindParameter[Any]) -> FromClause:
    row = func.json_each(rows).table_valued("value", name="row")
    fields = [
        func.json_extract(row.c.value, f"$[{position}]", type_=each.type).label(each.name)
        for position, each in enumerate(columns)
    ]
    return select(*fields).subquery("given")


def _text(values: Mapping[Column[Any], Sequence[Any]]) -> str:
    stored = [_as_stored(each, given) for each, given in values.items()]
    return json.dumps(list(zip(*stored, strict=True)), separators=(",", ":"))


def _as_stored(column: Column[Any], values: Sequence[Any]) -> Sequence[Any]:
    store = column.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
    return values if store is None else [store(value) for value in values]
