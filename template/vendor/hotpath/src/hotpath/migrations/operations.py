"""The order of a revision's operations, and what it takes to change the type of a column.

Alembic writes the changes table by table. A database refuses some of them so: a column does not go
while a CHECK or a foreign key needs it, nor a table while another refers to it.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, cast

from alembic.migration import MigrationContext
from alembic.operations.ops import (
    AddColumnOp,
    AlterColumnOp,
    CreateForeignKeyOp,
    CreateTableOp,
    DropColumnOp,
    DropConstraintOp,
    DropIndexOp,
    DropTableOp,
    MigrateOperation,
    MigrationScript,
    ModifyTableOps,
)
from alembic.util import CommandError
from alembic.util.messaging import msg
from sqlalchemy import Column, Connection, ForeignKeyConstraint
from sqlalchemy.exc import DBAPIError

from hotpath.migrations.enums import named_types

_ORDER = (DropConstraintOp, DropIndexOp, AddColumnOp, AlterColumnOp, MigrateOperation)


def arrange(context: MigrationContext, revision: object, scripts: Sequence[Any]) -> None:
    """Order the operations of revisions; Alembic calls it as `process_revision_directives`."""
    del revision
    for script in cast("Sequence[MigrationScript]", scripts):
        up, down = script.upgrade_ops, script.downgrade_ops
        assert up and down and context.connection  # noqa: S101, PT018 - there was a comparison
        up.ops = list(_ordered(up.ops))
        up.reverse_into(down)
        for each in _flat(up.ops):
            if isinstance(each, AddColumnOp) and _needs_value(each.column):
                msg(
                    f"{each.table_name}.{each.column.name} is not null and has no server_default: "
                    "the revision fails where the table has rows. Add a default, or add the column "
                    "as nullable, give the rows values, and make it not null then."
                )
            if isinstance(each, AlterColumnOp) and each.modify_nullable is False:
                msg(
                    f"{each.table_name}.{each.column_name} becomes not null: the revision fails "
                    "where a row has no value. Let it give values first, by op.execute."
                )
        for each in chain(_flat(up.ops), _flat(down.ops)):
            if isinstance(each, AlterColumnOp) and each.modify_type is not None:
                _convert(context.connection, each)


def _needs_value(column: Column[Any]) -> bool:
    return not column.nullable and column.server_default is None


def _ordered(operations: Sequence[MigrateOperation]) -> Iterator[MigrateOperation]:
    """Yield what is dropped first and foreign keys before all, new foreign keys last."""
    changes = [each for each in operations if isinstance(each, ModifyTableOps)]
    created = [each for each in operations if isinstance(each, CreateTableOp)]
    dropped = [each for each in operations if isinstance(each, DropTableOp)]
    names = {each.table_name for each in created} | {each.table_name for each in dropped}
    keys = [each for each in _flat(changes) if _is_key(each)]
    late = [CreateForeignKeyOp.from_constraint(each) for each in _detach_late_keys(created)]
    ordered, early = _ordered_drops(dropped)
    yield from _by_table([*early, *(each for each in keys if isinstance(each, DropConstraintOp))])
    for drop in ordered:
        yield from (each for each in changes if each.table_name == drop.table_name)
        yield drop
    for change in changes:
        rest = sorted((each for each in change.ops if not _is_key(each)), key=_place)
        if rest and change.table_name not in names:
            yield ModifyTableOps(change.table_name, rest, schema=change.schema)
    for create in created:
        yield create
        yield from (each for each in changes if each.table_name == create.table_name)
    yield from _by_table([*(each for each in keys if isinstance(each, CreateForeignKeyOp)), *late])


def _ordered_drops(drops: list[DropTableOp]) -> tuple[list[DropTableOp], list[DropConstraintOp]]:
    """Return tables after those that refer to them; and keys to drop first, of rings."""
    left, ordered, early = list(drops), [], []
    while left:
        free = [each for each in left if not any(_keys_to(each, other) for other in left)]
        chosen = (free or left)[0]
        left.remove(chosen)
        for other in left:
            for key in _keys_to(chosen, other):
                early.append(DropConstraintOp.from_constraint(key))
                _remove(_creation(other), key)
        ordered.append(chosen)
    return ordered, early


def _keys_to(drop: DropTableOp, other: DropTableOp) -> list[ForeignKeyConstraint]:
    keys = _keys(_creation(other)) if other is not drop else []
    return [each for each in keys if _referred(each) == drop.table_name]


def _detach_late_keys(creates: list[CreateTableOp]) -> list[ForeignKeyConstraint]:
    """Take away and return the keys that refer to a table which is created later."""
    late, later = [], {each.table_name for each in creates}
    for create in creates:
        later.remove(create.table_name)
        for key in _keys(create):
            if key.use_alter or _referred(key) in later:
                late.append(key)
                _remove(create, key)
    return late


def _creation(drop: DropTableOp) -> CreateTableOp:
    assert drop._reverse is not None  # noqa: S101 - it was reflected
    return drop._reverse


def _keys(create: CreateTableOp) -> list[ForeignKeyConstraint]:
    return [each for each in create.columns if isinstance(each, ForeignKeyConstraint)]


def _remove(create: CreateTableOp, key: ForeignKeyConstraint) -> None:
    create.columns = [each for each in create.columns if each is not key]


def _referred(key: ForeignKeyConstraint) -> str:
    return key.elements[0].target_fullname.split(".")[-2]


def _is_key(operation: MigrateOperation) -> bool:
    is_drop = isinstance(operation, DropConstraintOp) and operation.constraint_type == "foreignkey"
    return is_drop or isinstance(operation, CreateForeignKeyOp)


def _place(operation: MigrateOperation) -> int:
    is_last = isinstance(operation, DropColumnOp)
    first = next(place for place, kind in enumerate(_ORDER) if isinstance(operation, kind))
    return len(_ORDER) if is_last else first


def _flat(operations: Iterable[MigrateOperation]) -> Iterator[MigrateOperation]:
    for each in operations:
        yield from each.ops if isinstance(each, ModifyTableOps) else ()


def _by_table(
    operations: Sequence[DropConstraintOp | CreateForeignKeyOp],
) -> Iterator[ModifyTableOps]:
    tables: dict[str, list[MigrateOperation]] = {}
    for each in operations:
        name = each.source_table if isinstance(each, CreateForeignKeyOp) else each.table_name
        tables.setdefault(name, []).append(each)
    yield from (ModifyTableOps(name, each) for name, each in tables.items())


def _convert(connection: Connection, operation: AlterColumnOp) -> None:
    """Say how values and the default become ones of the new type."""
    default = operation.modify_server_default
    if default is False and operation.existing_server_default not in (None, False):
        operation.modify_server_default = operation.existing_server_default
    if connection.dialect.name == "postgresql":
        using = _using(connection, operation)
        operation.kw = {**operation.kw, "postgresql_using": using}


def _using(connection: Connection, operation: AlterColumnOp) -> str | None:
    dialect = connection.dialect
    column = dialect.identifier_preparer.quote(operation.column_name)
    old, new = cast(Any, operation.existing_type), cast(Any, operation.modify_type)
    kind = new.compile(dialect=dialect)
    through_text = f"{column}::text::{kind}"
    if any(True for each in (old, new) for _ in named_types(each, dialect)):
        return through_text
    for using in (None, f"{column}::{kind}", through_text):
        with connection.begin_nested() as attempt:
            sql = f"CREATE TEMPORARY TABLE probe ({column} {old.compile(dialect=dialect)})"
            connection.exec_driver_sql(sql)
            alter = f"ALTER TABLE pg_temp.probe ALTER {column} TYPE {kind}"
            try:
                with connection.begin_nested():
                    connection.exec_driver_sql(f"{alter} USING {using}" if using else alter)
            except DBAPIError:
                continue
            finally:
                attempt.rollback()
        return using
    name = f"{operation.table_name}.{operation.column_name}"
    raise CommandError(f"PostgreSQL makes no {kind} of {name}: drop the column, and add it anew.")
