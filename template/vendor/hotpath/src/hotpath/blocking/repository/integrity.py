# Generated from hotpath/aio/repository/integrity.py by extensions/blocking.py; do not edit.
"""Which value violated a constraint: databases say it in texts of their own."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Table, select

from hotpath.blocking.db.database import Database
from hotpath.db.errors import Conflict, NotFound


def refusal_of(
    db: Database, table: Table, name: str, values: Mapping[str, Any], row_id: Any = None
) -> NotFound | Conflict:
    """Return which value is taken, or which row that is referred to does not exist.

    Args:
        name: What a row is called.
        values: What was to be written, by column.
        row_id: The key of the row that was to be changed.
    Cost: a query for each unique column and each foreign key, until one is at fault.
    """
    [key] = table.primary_key
    with db.reading() as session:
        for column in unique_columns(table):
            if column.key in values:
                same = select(key).where(column == values[column.key])
                if session.scalars(same).first() not in {None, row_id}:
                    return Conflict.taken(column.key, values[column.key])
        for foreign in table.foreign_keys:
            value = values.get(foreign.parent.key)
            there = select(foreign.column).where(foreign.column == value)
            if value is not None and session.scalars(there).first() is None:
                return NotFound.named(parent_name(foreign.parent.key), value)
    return Conflict(f"{name}: the database refuses these values")


def unique_columns(table: Table) -> Sequence[Column[Any]]:
    """Return the columns that are unique, each by itself; without the primary key."""
    return [each for each in table.c if each.unique]


def parent_name(column: str) -> str:
    """Return what a foreign key refers to: `user` of `user_id`."""
    return column.removesuffix("_id")
