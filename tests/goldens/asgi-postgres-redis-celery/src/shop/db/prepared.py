"""Statements that are declared once, and written in the driver's own words once.

A session compiles, adapts and converts for each call; hot statements need none of that. They run
by `Database.fetch`. Models stay the only source: a statement is SQLAlchemy's, over their columns.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import Delete, Insert, Select, Update
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from .calls import DIALECT, NEEDS_NO_CONVERSION

Statement = Select[*tuple[Any, ...]] | Insert | Update | Delete
Convert = Callable[[Any], Any]
Rows = Sequence[Sequence[Any]]


class _Parameter(NamedTuple):
    name: str
    default: Any
    is_required: bool
    convert: Convert | None


class Prepared:
    """A statement of the driver: columns, not objects; values by `bindparam`, also those of LIMIT.

    It is compiled when it is first used. Nothing in it may depend on a value: no `in_` with a
    list (`arrays.is_in` takes a `bindparam`), no value that only Python's defaults know.
    """

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self.is_read = isinstance(statement, Select)

    @cached_property
    def text(self) -> str:
        """The statement as the driver takes it."""
        return self._compiled.string

    def arguments(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the parameters in the driver's order and types.

        Raises:
            KeyError: a value is missing.
        """
        return tuple([_argument(each, values) for each in self._parameters])

    def rows(self, found: Rows) -> Rows:
        """Return the driver's rows as the columns' types have them. Cost: none for most types."""
        if not found or not self._conversions:
            return found
        columns = list(zip(*found, strict=True))
        for position, convert in self._conversions:
            columns[position] = tuple(map(convert, columns[position]))
        return list(zip(*columns, strict=True))

    @cached_property
    def _compiled(self) -> SQLCompiler:
        compiled = self.statement.compile(dialect=DIALECT)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 - it is no DDL
        return compiled

    @cached_property
    def _parameters(self) -> list[_Parameter]:
        binds = self._compiled.binds
        found = []
        for name in self._compiled.positiontup or ():
            bind = binds[name]
            convert = bind.type.dialect_impl(DIALECT).bind_processor(DIALECT)
            found.append(_Parameter(name, bind.effective_value, bind.required, convert))
        return found

    @cached_property
    def _conversions(self) -> list[tuple[int, Convert]]:
        processors = [_conversion(each.type) for each in self.statement.exported_columns]
        return [(at, each) for at, each in enumerate(processors) if each is not None]


def _argument(parameter: _Parameter, values: Mapping[str, Any]) -> Any:
    name, default, is_required, convert = parameter
    value = values[name] if is_required else values.get(name, default)
    return value if convert is None else convert(value)


def _conversion(type_: TypeEngine[Any]) -> Convert | None:
    if isinstance(type_, NEEDS_NO_CONVERSION):
        return None
    return type_.dialect_impl(DIALECT).result_processor(DIALECT, None)
