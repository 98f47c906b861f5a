"""Enums are types of their own in PostgreSQL; Alembic neither creates nor drops them.

A column that is added brings its type with it, and a type that no column has any more goes with the
revision that left it so, as long as a revision of the service names it.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations, toimpl
from alembic.operations.ops import AddColumnOp
from sqlalchemy import Enum, text

_UNUSED = text(
    "SELECT type.typname FROM pg_type AS type"
    " JOIN pg_namespace AS schema ON schema.oid = type.typnamespace"
    " WHERE type.typtype = 'e' AND schema.nspname = current_schema() AND NOT EXISTS ("
    " SELECT 1 FROM pg_attribute AS used WHERE NOT used.attisdropped"
    " AND used.atttypid IN (type.oid, type.typarray))"
)


@Operations.implementation_for(AddColumnOp, replace=True)
def _add_column(operations: Operations, operation: AddColumnOp) -> None:
    bind = operations.get_bind()
    if isinstance(operation.column.type, Enum):
        operation.column.type.create(bind, checkfirst=True)
    toimpl.add_column(operations, operation)


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
            if any(_names(path, name) for path in self._revisions):
                quoted = ctx.dialect.identifier_preparer.quote(name)
                ctx.connection.execute(text(f"DROP TYPE {quoted}"))


def _names(path: Path, enum: str) -> bool:
    return re.search(rf"name=[\"']{re.escape(enum)}[\"']", path.read_text("utf-8")) is not None
