"""Rows that a test needs and says nothing of."""

from datetime import UTC, date, datetime
from importlib import import_module
from secrets import token_hex
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Column, Connection, Table, insert

from hotpath.db.models import Base
from hotpath.features import Features
from hotpath.testing.workspace import Workspace


def add_row(workspace: Workspace, table: str) -> Any:
    """Add a row to a table, with those it refers to, and return its key.

    Columns get values of their type; those that may be NULL or have a default are left out. What
    else the table asks for, such as a CHECK of a text, this cannot know.

    Raises:
        KeyError: there is no such table.
    """
    Features(workspace.service).import_models()
    sessions = import_module(f"{workspace.service.flavour}.db.sessions")
    keys: list[Any] = []

    def work(connection: Connection) -> None:
        keys.append(_insert(connection, Base.metadata.tables[table]))

    sessions.with_connection(workspace.settings().db, work)
    return keys[0]


def _insert(connection: Connection, table: Table) -> Any:
    [key] = table.primary_key
    values = {each.name: _value(connection, each) for each in table.c if _is_needed(each)}
    return connection.execute(insert(table).values(values).returning(key)).scalar_one()


def _is_needed(column: Column[Any]) -> bool:
    has_default = column.default is not None or column.server_default is not None
    return not (column.nullable or has_default or column.primary_key)


def _value(connection: Connection, column: Column[Any]) -> Any:
    for foreign in column.foreign_keys:
        return _insert(connection, foreign.column.table)
    samples: dict[type, Any] = {
        str: token_hex(16)[: getattr(column.type, "length", None) or 32],
        bytes: b"",
        date: date(2026, 1, 31),
        datetime: datetime(2026, 1, 31, tzinfo=UTC),
        UUID: uuid4(),
        dict: {},
    }
    kind = column.type.python_type
    return samples[kind] if kind in samples else kind(1)
