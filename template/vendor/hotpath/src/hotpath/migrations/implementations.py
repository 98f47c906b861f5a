"""Alembic's operations, on each database: what they take so that no row and no value is lost.

Alembic takes the newest class of a database's name for its own.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from alembic.ddl.postgresql import PostgresqlImpl
from alembic.ddl.sqlite import SQLiteImpl
from alembic.operations.batch import ApplyBatchImpl
from alembic.util import CommandError
from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    Connection,
    Identity,
    Table,
    TextClause,
    text,
)

from hotpath.migrations.enums import named_types, renew
from hotpath.migrations.rendering import literal

_CONSTANT = re.compile(r"'(?:[^']|'')*'|[+-]?[\d.]+")


class Postgres(PostgresqlImpl):
    """Columns bring their types with them, and their defaults to another type."""

    __dialect__ = "postgresql"

    def autogen_column_reflect(self, inspector: Any, table: Any, column_info: Any) -> None:
        """Let no colon of a default be a parameter."""
        super().autogen_column_reflect(inspector, table, column_info)  # type: ignore[no-untyped-call]
        _escape(column_info)

    def add_column(self, table_name: str, column: Column[Any], **options: Any) -> None:
        """Create the type of the column first, if it is one of its own."""
        self._renew(column.type)
        super().add_column(table_name, column, **options)

    def create_table(self, table: Table, **options: Any) -> None:
        """Create the types of its columns first: a stored one may have other values."""
        for column in table.columns:
            self._renew(column.type)
        super().create_table(table, **options)

    def alter_column(self, table_name: str, column_name: str, **changes: Any) -> None:
        """Take the default away while the type changes: PostgreSQL does not convert it."""
        if changes.get("type_") is not None:
            self._renew(changes["type_"])
            default = changes.get("server_default", False)
            if default is not False and not isinstance(default, Computed | Identity):
                schema = changes.get("schema")
                super().alter_column(table_name, column_name, server_default=None, schema=schema)
        super().alter_column(table_name, column_name, **changes)

    def _renew(self, kind: Any) -> None:
        assert self.connection is not None  # noqa: S101 - revisions are run, not printed
        own: Any
        for own in named_types(kind, self.dialect):
            renew(self.connection, own)
            seen = self.memo.setdefault(f"pg_{own.__visit_name__}", set())
            seen.add((own.schema, own.name))  # SQLAlchemy creates none of these with a table


class Sqlite(SQLiteImpl):
    """Tables are altered by copying them."""

    __dialect__ = "sqlite"

    def autogen_column_reflect(self, inspector: Any, table: Any, column_info: Any) -> None:
        """Put parentheses around a default that is an expression: SQLite takes them away."""
        default = column_info.get("default")
        if isinstance(default, str) and _CONSTANT.fullmatch(default) is None:
            column_info["default"] = f"({default})"
        _escape(column_info)

    def prep_table_for_batch(self, batch_impl: ApplyBatchImpl, table: Table) -> None:
        """Let no colon of the CHECKs that stay be a parameter."""
        assert batch_impl.new_table is not None  # noqa: S101 - it is what follows
        kept = {
            each.name
            for each in table.constraints
            if each.name and batch_impl.named_constraints.get(str(each.name)) is each
        }
        for each in batch_impl.new_table.constraints:
            if isinstance(each, CheckConstraint) and each.name in kept:
                each.sqltext = text(literal(cast(TextClause, each.sqltext).text))

    def cast_for_batch_migrate(self, *column: Any) -> None:
        """Copy values as they are: `CAST('2026-01-31' AS DATE)` is the number 2026."""


def _escape(column: dict[str, Any]) -> None:
    if isinstance(column.get("default"), str):
        column["default"] = literal(column["default"])


@contextmanager
def without_foreign_keys(connection: Connection) -> Iterator[None]:
    """Run the block without SQLite's foreign keys, for what is left of the connection.

    SQLite alters a table by a copy of it: the old one is dropped, and that would delete the rows
    that refer to it by ON DELETE CASCADE.

    Raises:
        CommandError: a row refers to one that is gone; the transaction is to be rolled back.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    # In a transaction the setting stays as it is, and nothing was done in this one.
    for statement in ("COMMIT", "PRAGMA foreign_keys=OFF", "BEGIN IMMEDIATE"):
        connection.exec_driver_sql(statement)
    before = connection.exec_driver_sql("SELECT total_changes()").scalar()
    yield
    if connection.exec_driver_sql("SELECT total_changes()").scalar() == before:
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        table, _, parent, _ = broken
        raise CommandError(
            f"A row of {table} would refer to a row of {parent} that is gone. Foreign keys are off "
            "while revisions run: remove that row too. Nothing was changed."
        )
