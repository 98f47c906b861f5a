"""What differs between models and database beyond what Alembic compares: types and defaults as the
database stores them, CHECKs, and what no revision can change by itself.
"""

from typing import Any, cast

from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext
from alembic.operations.ops import (
    AlterColumnOp,
    CreateCheckConstraintOp,
    DropConstraintOp,
    ModifyTableOps,
)
from alembic.runtime.plugins import Plugin
from alembic.util import CommandError, DispatchPriority, PriorityDispatchResult
from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    Identity,
    MetaData,
    Table,
    TextClause,
    text,
)
from sqlalchemy.sql.elements import conv

from hotpath.migrations.rendering import compiled, literal
from hotpath.migrations.stored import StoredTables

PLUGIN = "hotpath.comparison"


def name_checks(metadata: MetaData, dialect: Any) -> None:
    """Make the CHECKs of columns and of their types, such as enums, CHECKs of their tables.

    All are texts then: whatever is made of an expression of columns attaches itself to their table.

    Raises:
        CommandError: one has no name, by which a revision could drop it.
    """
    for table in metadata.tables.values():
        for each in _checks(table):
            if not isinstance(each.name, str) and _is_created(each, dialect):
                raise CommandError(f'A CHECK of {table.name} has no name: give it one, name="…".')
            each.sqltext = text(compiled(each.sqltext, dialect))
            if each in table.constraints and not each._type_bound:
                continue
            for place in _places(table):
                place.discard(each)
            if _is_created(each, dialect):
                named = CheckConstraint(each.sqltext, name=conv(str(each.name)))
                table.append_constraint(named)


def _is_created(check: CheckConstraint, dialect: Any) -> bool:
    """Tell whether this database needs it: one that has booleans needs no CHECK of them."""
    rule: Any = check._create_rule
    return rule is None or bool(rule(dialect.ddl_compiler(dialect, None)))


def type_differs(
    context: MigrationContext, found: Column[Any], wanted: Column[Any], *types: object
) -> bool:
    """Compare the types of a column; to be called by Alembic."""
    del types
    stored = _tables(context.opts)
    old, new = stored.of_database[wanted.table.name], stored.of_models[wanted.table.name]
    return old.types[found.name] != new.types[found.name]


def _compare_default(  # noqa: PLR0913, PLR0917 - as Alembic calls it
    context: AutogenContext,
    change: AlterColumnOp,
    schema: str | None,
    table: str,
    name: str,
    found: Column[Any],
    wanted: Column[Any],
) -> PriorityDispatchResult:
    defaults = found.server_default, wanted.server_default
    is_given = wanted is wanted.table.autoincrement_column
    if defaults == (None, None) or is_given or any(isinstance(each, Identity) for each in defaults):
        return PriorityDispatchResult.CONTINUE
    stored = _tables(context.opts)
    old = stored.of_database[wanted.table.name].defaults[found.name]
    new = stored.of_models[wanted.table.name].defaults[found.name]
    if old != new and any(isinstance(each, Computed) for each in defaults):
        raise CommandError(
            f"No database computes an existing column otherwise: drop {wanted} by one revision, "
            "and add it by the next."
        )
    change.existing_server_default = found.server_default
    if old != new:
        change.modify_server_default = wanted.server_default
    return PriorityDispatchResult.STOP


def _compare_table(  # noqa: PLR0913, PLR0917 - as Alembic calls it
    context: AutogenContext,
    changes: ModifyTableOps,
    schema: str | None,
    name: str,
    found: Table | None,
    wanted: Table | None,
) -> PriorityDispatchResult:
    for each in _checks(found) if found is not None else ():
        each.sqltext = text(literal(cast(TextClause, each.sqltext).text))
    if found is not None and wanted is not None:
        old, new = found.primary_key.columns.keys(), wanted.primary_key.columns.keys()
        if old != new:
            raise CommandError(
                f"The primary key of {name} changes from {', '.join(old) or 'none'} to "
                f"{', '.join(new) or 'none'}: write that revision by hand."
            )
        changes.ops.extend(_changed_checks(found, wanted, _tables(context.opts)))
    return PriorityDispatchResult.CONTINUE


def _changed_checks(
    found: Table, wanted: Table, stored: StoredTables
) -> list[DropConstraintOp | CreateCheckConstraintOp]:
    old = {str(each.name): each for each in _checks(found) if each.name is not None}
    new = {str(each.name): each for each in _checks(wanted)}
    before = stored.of_database[wanted.name].checks
    after = stored.of_models[wanted.name].checks
    same = {name for name in old.keys() & new.keys() if before[name][0] in after[name]}
    changed = sorted((old.keys() | new.keys()) - same)
    return [
        *(DropConstraintOp.from_constraint(old[name]) for name in changed if name in old),
        *(CreateCheckConstraintOp.from_constraint(new[name]) for name in changed if name in new),
    ]


def _checks(table: Table) -> list[CheckConstraint]:
    found = (each for place in _places(table) for each in place)
    return [each for each in found if isinstance(each, CheckConstraint)]


def _places(table: Table) -> list[set[Any]]:
    return [table.constraints, *(column.constraints for column in table.columns)]


def _tables(options: dict[str, Any]) -> StoredTables:
    return options["stored_tables"]  # type: ignore[no-any-return]


_PLUGIN = Plugin(PLUGIN)
_PLUGIN.add_autogenerate_comparator(_compare_table, "table", "checks")
_PLUGIN.add_autogenerate_comparator(
    _compare_default, "column", "server_default", priority=DispatchPriority.FIRST
)
