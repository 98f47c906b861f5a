"""What the database makes of models: temporary tables of the same names, read and rolled back.

A database writes types, defaults and CHECKs in words of its own, `(price > (0)::numeric)` for
`price > 0`. Those of a model are compared in the same words.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from alembic.util import CommandError
from sqlalchemy import (
    CheckConstraint,
    Connection,
    Dialect,
    Enum,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    inspect,
    text,
)
from sqlalchemy.engine.reflection import ObjectScope
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable
from sqlalchemy.types import NullType

from hotpath.migrations.enums import create_temporary, named_types
from hotpath.migrations.rendering import literal

_ANY = ObjectScope.ANY  # tables that are temporary, too
_TEMPORARY = text("SELECT nspname FROM pg_namespace WHERE oid = pg_my_temp_schema()")
_WORDS = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\w+|[^\s\w]""")


@dataclass(frozen=True)
class Stored:
    """A table as the database describes it; the keys are names of columns and of CHECKs."""

    types: Mapping[str, object]
    defaults: Mapping[str, object]
    checks: Mapping[str, Sequence[object]]
    """CHECKs, each in the words that the database has for it, of which there may be two."""


class StoredTables:
    """The tables of a database, and those that its models would be."""

    def __init__(self, connection: Connection, models: Iterable[MetaData]) -> None:
        self._connection = connection
        self._models = [table for each in models for table in each.tables.values()]

    @cached_property
    def of_database(self) -> Mapping[str, Stored]:
        """The tables that are there, by name."""
        return self._read(None)

    @cached_property
    def of_models(self) -> Mapping[str, Stored]:
        """The tables of models that are there, by name, as the models say.

        Raises:
            CommandError: the database refuses one.
        """
        models = [each for each in self._models if each.name in self.of_database]
        with self._made(models) as schema:
            stored = self._read(schema)
            again = self._check_again(schema)
        return {
            name: Stored(
                each.types,
                each.defaults,
                {key: [*words, *again[name][key]] for key, words in each.checks.items()},
            )
            for name, each in stored.items()
        }

    @contextmanager
    def _made(self, models: Iterable[Table]) -> Iterator[str]:
        connection = self._connection
        savepoint = connection.begin_nested()
        try:
            for each in models:
                _create(connection, each)
            is_sqlite = connection.dialect.name == "sqlite"
            yield "temp" if is_sqlite else str(connection.scalar(_TEMPORARY))
        finally:
            savepoint.rollback()

    def _read(self, schema: str | None) -> Mapping[str, Stored]:
        dialect = self._connection.dialect
        tables = inspect(self._connection).get_multi_columns(schema=schema, scope=_ANY)
        checks = self._read_checks(schema)
        return {
            name: Stored(
                {each["name"]: _type(each["type"], dialect) for each in columns},
                {
                    each["name"]: each.get("computed") or each.get("default") or None
                    for each in columns
                },
                {key: [_words(sql)] for key, sql in checks.get(name, {}).items()},
            )
            for (_, name), columns in tables.items()
        }

    def _read_checks(self, schema: str | None) -> Mapping[str, Mapping[str, str]]:
        found = inspect(self._connection).get_multi_check_constraints(schema=schema, scope=_ANY)
        return {
            name: {str(each["name"]): each["sqltext"] for each in checks if each["name"]}
            for (_, name), checks in found.items()
        }

    def _check_again(self, schema: str) -> Mapping[str, Mapping[str, Sequence[object]]]:
        """Return the CHECKs in the words that PostgreSQL has for words of its own.

        A CHECK that a downgrade restores is written in PostgreSQL's words.
        """
        quote = self._connection.dialect.identifier_preparer.quote
        first = self._read_checks(schema)
        if self._connection.dialect.name == "postgresql":
            for table, checks in first.items():
                for name, sql in checks.items():
                    check = f"ADD CONSTRAINT {quote(name)} CHECK ({literal(sql)})"
                    change = f"DROP CONSTRAINT {quote(name)}, {check}"
                    self._connection.execute(text(f"ALTER TABLE pg_temp.{quote(table)} {change}"))
        second = self._read_checks(schema)
        return {
            table: {name: [_words(sql)] for name, sql in checks.items()}
            for table, checks in second.items()
        }


def _create(connection: Connection, model: Table) -> None:
    statement = str(CreateTable(_alone(model)).compile(dialect=connection.dialect))
    try:
        for column in model.columns:
            for each in named_types(column.type, connection.dialect):
                create_temporary(connection, each)
        connection.exec_driver_sql(statement.replace("CREATE TABLE", "CREATE TEMPORARY TABLE", 1))
    except DBAPIError as error:
        raise CommandError(
            f"The database refuses the model of {model.name}: {error.orig}"
        ) from None


def _alone(table: Table) -> Table:
    """Return a copy without what refers to other tables, and without indexes."""
    copy = table.to_metadata(MetaData())
    for each in list(copy.constraints):
        is_own = isinstance(each, CheckConstraint) and not each._type_bound
        if not is_own and not isinstance(each, PrimaryKeyConstraint):
            copy.constraints.remove(each)
    return copy


def _type(kind: Any, dialect: Dialect) -> object:
    item = getattr(kind, "item_type", kind)
    values = frozenset(item.enums) if isinstance(item, Enum) else None
    return (
        (repr(kind), None)
        if isinstance(kind, NullType)
        else (kind.compile(dialect=dialect), values)
    )


def _words(sql: str) -> object:
    """Return the words of an expression, whatever the spaces between them."""
    words = [each if each[0] in "'\"" else each.lower() for each in _WORDS.findall(sql)]
    return [re.sub(r'^"([a-z_][a-z0-9_]*)"$', r"\1", each) for each in words]
