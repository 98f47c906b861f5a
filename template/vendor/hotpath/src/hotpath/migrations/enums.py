"""Enums are types of their own in PostgreSQL; Alembic neither creates, changes nor drops them.

A column that is added brings its type with it. A column whose enum has other values gets a new type
of the same name. A type that no column has any more goes with the revision that left it so, as long
as a revision of the service names it.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from alembic.migration import MigrationContext
from sqlalchemy import ARRAY, Connection, Dialect, Enum, TypeDecorator, text
from sqlalchemy.dialects.postgresql.named_types import NamedType

from hotpath.migrations.rendering import literal

_OLD = "_before"
"""What the name of a type ends with, while columns go over to the one that replaces it."""

_UNUSED = text(
    "SELECT type.typname FROM pg_type AS type"
    " JOIN pg_namespace AS schema ON schema.oid = type.typnamespace"
    " WHERE type.typtype = 'e' AND schema.nspname = current_schema() AND NOT EXISTS ("
    " SELECT 1 FROM pg_attribute AS used WHERE NOT used.attisdropped"
    " AND used.atttypid IN (type.oid, type.typarray))"
)
_VALUES = text(
    "SELECT value.enumlabel FROM pg_enum AS value WHERE value.enumtypid = to_regtype(:name)"
)


def named_types(kind: Any, dialect: Dialect) -> Iterator[NamedType]:
    """Yield what is a type of its own in this database, such as an enum, of a column's type."""
    kind = kind.dialect_impl(dialect)
    while isinstance(kind, TypeDecorator):
        kind = kind.load_dialect_impl(dialect).dialect_impl(dialect)
    if isinstance(kind, ARRAY):
        yield from named_types(kind.item_type, dialect)
    elif isinstance(kind, NamedType) and dialect.name == "postgresql":
        yield kind


def create_temporary(connection: Connection, kind: NamedType) -> None:
    """Create a type; an enum so that it is found before a stored one of its name."""
    if not isinstance(kind, Enum):
        kind.create(connection, checkfirst=True)
        return
    name = _quoted(connection.dialect, kind)
    if connection.scalar(text("SELECT to_regtype(:name)"), {"name": f"pg_temp.{name}"}) is None:
        _create(connection, f"pg_temp.{name}", kind)


def renew(connection: Connection, kind: NamedType) -> None:
    """Create a type; an enum of other values is put aside for columns that still have it."""
    if not isinstance(kind, Enum):
        kind.create(connection, checkfirst=True)
        return
    name = _quoted(connection.dialect, kind)
    values = set(connection.scalars(_VALUES, {"name": name}))
    if values == set(kind.enums):
        return
    if values:
        old = connection.dialect.identifier_preparer.quote(f"{kind.name}{_OLD}")
        connection.execute(text(f"ALTER TYPE {name} RENAME TO {old}"))
    _create(connection, name, kind)


class UnusedEnums:
    """Drops enums after a revision; to be called by Alembic's `on_version_apply`."""

    def __init__(self, revisions: Iterable[Path]) -> None:
        self._revisions = list(revisions)

    def __call__(self, ctx: MigrationContext, step: Any, heads: Any, run_args: Any) -> None:
        """Drop the types that no column has any more."""
        del step, heads, run_args
        if ctx.dialect.name != "postgresql" or ctx.connection is None:
            return
        for name in ctx.connection.scalars(_UNUSED).all():
            if any(_names(path, name.removesuffix(_OLD)) for path in self._revisions):
                quoted = ctx.dialect.identifier_preparer.quote(name)
                ctx.connection.execute(text(f"DROP TYPE {quoted}"))


def _names(path: Path, enum: str) -> bool:
    return re.search(rf"name=[\"']{re.escape(enum)}[\"']", path.read_text("utf-8")) is not None


def _quoted(dialect: Dialect, kind: Any) -> str:
    return dialect.identifier_preparer.quote(kind.name)


def _create(connection: Connection, name: str, kind: Any) -> None:
    values = ", ".join("'" + each.replace("'", "''") + "'" for each in kind.enums)
    connection.execute(text(f"CREATE TYPE {name} AS ENUM ({literal(values)})"))
