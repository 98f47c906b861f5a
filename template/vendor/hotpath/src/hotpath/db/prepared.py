"""Statements that are declared once, and compiled once for the driver they run on.

A session compiles, adapts and converts for each call; prepared statements need none of that. They
run by `Database.fetch`. Models stay the only source: a statement is SQLAlchemy's, over their
columns.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Delete, Dialect, Float, Insert, Select, Update
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

Statement = Select[*tuple[Any, ...]] | Insert | Update | Delete
Convert = Callable[[Any], Any]
Rows = Sequence[Sequence[Any]]

_FLOAT8, _NUMERIC = 701, 1700
"""PostgreSQL's numbers of types, by which numbers are converted or not."""


class Target(Protocol):
    """What a statement is compiled for: the module of a driver."""

    @property
    def DIALECT(self) -> Dialect:
        """For the text of statements; it never connects."""
        ...

    @property
    def NEEDS_NO_CONVERSION(self) -> tuple[type[TypeEngine[Any]], ...]:
        """Types whose values the driver returns as they are to be."""
        ...


class PreparedStatement:
    """A statement whose values are bound by `bindparam`, also those of LIMIT; it returns columns.

    It is compiled when it is first used. Nothing in it may depend on a value: no `in_` with a
    list (`sql.is_in_param` takes one as a parameter), no value that only Python's defaults know.
    """

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self._compiled_by_driver: dict[Target, CompiledStatement] = {}

    def compiled_for(self, driver: Target) -> "CompiledStatement":
        """Return the statement as the driver takes it. Cost: 60 ns, but for the first time."""
        compiled = self._compiled_by_driver.get(driver)
        if compiled is None:
            compiled = self._compiled_by_driver[driver] = CompiledStatement(self.statement, driver)
        return compiled


class _Parameter(NamedTuple):
    name: str
    default: Any
    is_required: bool
    convert: Convert | None


class CompiledStatement:
    """A statement in the text, parameter order and types of one driver."""

    def __init__(self, statement: Statement, driver: Target) -> None:
        compiled = statement.compile(dialect=driver.DIALECT)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 - it is no DDL
        self.is_read = isinstance(statement, Select)
        self.text = compiled.string
        self._parameters = _parameters(compiled, driver.DIALECT)
        self._conversions = _conversions(statement, driver)

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


def _parameters(compiled: SQLCompiler, dialect: Dialect) -> list[_Parameter]:
    found = []
    for name in compiled.positiontup or ():
        bind = compiled.binds[name]
        convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
        found.append(_Parameter(name, bind.effective_value, bind.required, convert))
    return found


def _conversions(statement: Statement, driver: Target) -> list[tuple[int, Convert]]:
    converters = [_converter(each.type, driver) for each in statement.exported_columns]
    return [(at, each) for at, each in enumerate(converters) if each is not None]


def _converter(type_: TypeEngine[Any], driver: Target) -> Convert | None:
    if isinstance(type_, driver.NEEDS_NO_CONVERSION):
        return None
    processor = type_.dialect_impl(driver.DIALECT).result_processor
    return processor(driver.DIALECT, _FLOAT8 if isinstance(type_, Float) else _NUMERIC)


def _argument(parameter: _Parameter, values: Mapping[str, Any]) -> Any:
    name, default, is_required, convert = parameter
    value = values[name] if is_required else values.get(name, default)
    return value if convert is None else convert(value)
