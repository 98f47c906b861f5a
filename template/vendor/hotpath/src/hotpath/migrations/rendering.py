"""How types, defaults and CHECKs are written into a revision, where Alembic writes them otherwise.

A revision imports nothing of the service, so that a decorated type is written as the type of its
column. CHECKs of types, such as those of enums that are none of the database, are written as
constraints by their names, and not with the type. SQL stays as it is, with its colons and percents.
"""

import re
from typing import Any, Literal

from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import _repr_type
from alembic.operations.ops import AlterColumnOp, CreateCheckConstraintOp
from sqlalchemy import Boolean, ClauseElement, Dialect, Enum, TextClause
from sqlalchemy.schema import DefaultClause
from sqlalchemy.types import TypeDecorator

_NAME = re.compile(r"(?<![:\w\\]):(?=\w+(?!:))|(?<=\\):")
"""Where SQLAlchemy would see a parameter in a text, or an escaped colon."""

_alembic_alter_column = renderers.dispatch(AlterColumnOp)


def literal(sql: str) -> str:
    """Return SQL as a text of SQLAlchemy, in which `:name` would be a parameter."""
    return _NAME.sub(r"\\:", sql)


def compiled(element: ClauseElement, dialect: Dialect) -> str:
    """Return an expression as such a text."""
    if isinstance(element, TextClause):
        return element.text
    make_dialect: Any = type(dialect)  # it has no types
    plain = make_dialect(paramstyle="named")  # in others a percent is doubled
    options = {"literal_binds": True, "include_table": False}
    return literal(str(element.compile(dialect=plain, compile_kwargs=options)))


def render_item(kind: str, item: Any, context: AutogenContext) -> str | Literal[False]:
    """Write a type, a default or a CHECK; what is left to Alembic is False."""
    if kind == "type":
        return _render_type(item, context)
    if kind == "server_default" and isinstance(item, DefaultClause):
        return _render_default(item, context)
    if kind == "check" and not item._type_bound:
        condition = compiled(item.sqltext, _dialect(context))
        return f"sa.CheckConstraint({condition!r}, name=op.f({str(item.name)!r}))"
    return False


def _render_type(item: Any, context: AutogenContext) -> str | Literal[False]:
    if isinstance(item, TypeDecorator) and not type(item).__module__.startswith("sqlalchemy"):
        return _repr_type(item.load_dialect_impl(_dialect(context)), context)
    if isinstance(item, Enum | Boolean) and item.create_constraint:
        bare: Any = item.copy()  # type: ignore[no-untyped-call]
        bare.create_constraint = False
        return _repr_type(bare, context)
    return False


def _render_default(default: DefaultClause, context: AutogenContext) -> str | Literal[False]:
    if isinstance(default.arg, str):
        return repr(default.arg)
    sql = compiled(default.arg, _dialect(context))
    if not isinstance(default.arg, TextClause) and _dialect(context).name == "sqlite":
        sql = f"({sql})"
    return f"sa.text({sql!r})"


@renderers.dispatch_for(CreateCheckConstraintOp, replace=True)
def _render_check(context: AutogenContext, operation: CreateCheckConstraintOp) -> str:
    condition = operation.to_constraint().sqltext
    name, text = str(operation.constraint_name), compiled(condition, _dialect(context))
    return f"batch_op.create_check_constraint(batch_op.f({name!r}), {text!r})"


@renderers.dispatch_for(AlterColumnOp, replace=True)
def _render_alter_column(context: AutogenContext, operation: AlterColumnOp) -> str:
    rendered = str(_alembic_alter_column(context, operation))
    using = operation.kw.get("postgresql_using")
    return rendered if using is None else f"{rendered[:-1]}, postgresql_using={using!r})"


def _dialect(context: AutogenContext) -> Dialect:
    assert context.dialect is not None  # noqa: S101 - there is a connection
    return context.dialect
