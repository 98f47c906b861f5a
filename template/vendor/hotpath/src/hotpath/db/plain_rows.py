"""Rows of plain columns as dicts, checked by type: functions that are compiled for a schema.

Its source is made of the names of fields alone, as dataclasses make theirs. Without it a row takes
twice as long.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin
from uuid import UUID

from sqlalchemy import Column, Integer

from hotpath.db.models import UtcDateTime

_SIMPLE = frozenset({str, int, bool, float, date})

Row = Sequence[Any]
Record = dict[str, Any]


class PlainRows(NamedTuple):
    """Functions that return None where a value is not as the schema has it."""

    one: Callable[[Row], Record | None]
    many: Callable[[Sequence[Row]], list[Record] | None]


@dataclass(frozen=True)
class PlainField:
    """A field that needs no model: the types or the values that it has."""

    types: frozenset[type] = frozenset()
    values: frozenset[Any] = frozenset()
    is_time: bool = False
    is_uuid: bool = False
    """Or of a driver's own class below it, as asyncpg's are."""
    is_optional: bool = False

    def check_of_one(self, name: str) -> str:
        """Return a condition on a variable."""
        known = [f"{name} in VALUES_{name}"] if self.values else []
        typed = [f"type({name}) in TYPES_{name}"] if self.types else []
        if self.is_uuid:
            typed = [f"isinstance({name}, UUIDS_{name})"]
        return " and ".join(typed + known)

    def check_of_many(self, name: str) -> str:
        """Return a condition on a variable with a whole column."""
        known = [f"VALUES_{name}.issuperset({name})"] if self.values else []
        typed = [f"TYPES_{name}.issuperset(map(type, {name}))"] if self.types else []
        if self.is_uuid:
            typed = [f"all([isinstance(v, UUIDS_{name}) for v in {name}])"]
        return " and ".join(typed + known)


def plain_field(annotation: Any, column: Column[Any]) -> PlainField | None:
    """Return how a column becomes a field of this type; None if only Pydantic can tell."""
    is_optional = False
    if get_origin(annotation) in {Union, UnionType}:
        others = [each for each in get_args(annotation) if each is not NoneType]
        if len(others) != 1 or len(get_args(annotation)) == 1:
            return None
        is_optional, annotation = True, others[0]
    absent = {NoneType} if is_optional else set()
    if annotation is datetime:
        is_time = isinstance(column.type, UtcDateTime)
        return PlainField(is_time=True, is_optional=is_optional) if is_time else None
    if get_origin(annotation) is Literal:
        return _literal(get_args(annotation), is_optional=is_optional)
    if annotation is int and column.primary_key and isinstance(column.type, Integer):
        return PlainField()  # of which every database has whole numbers only
    is_uuid = annotation is UUID
    is_enum = isinstance(annotation, type) and issubclass(annotation, Enum)
    if is_uuid or is_enum or annotation in _SIMPLE:
        types = frozenset() if is_uuid else frozenset({annotation, *absent})
        return PlainField(types=types, is_uuid=is_uuid, is_optional=is_optional)
    return None


def _literal(values: Sequence[Any], *, is_optional: bool) -> PlainField:
    known = frozenset({*values, None} if is_optional else values)
    # A text equals no value of another type, but 1 equals true.
    are_texts = all(type(value) is str for value in values)
    types = frozenset() if are_texts else frozenset(map(type, known))
    return PlainField(types=types, values=known)


def compile_rows(fields: Mapping[str, PlainField]) -> PlainRows:
    """Compile the functions for rows with these fields, in this order."""
    variables = {f"v{place}": name for place, name in enumerate(fields)}
    by_variable = dict(zip(variables, fields.values(), strict=True))
    items = ", ".join(f"{name!r}: {variable}" for variable, name in variables.items())
    one, many = [], []
    for variable, field in by_variable.items():
        if field.is_time and field.is_optional:
            one.append(f"{variable} = None if {variable} is None else moment({variable})")
            many.append(f"{variable} = [None if v is None else moment(v) for v in {variable}]")
        elif field.is_time:
            one.append(f"{variable} = moment({variable})")
            many.append(f"{variable} = map(moment, {variable})")
    names = ", ".join(variables)
    checks_of_one = [each.check_of_one(name) for name, each in by_variable.items()]
    checks_of_many = [each.check_of_many(name) for name, each in by_variable.items()]
    source = _SOURCE.format(
        names=names,
        items=items,
        one="; ".join([*one, "pass"]),
        many="; ".join([*many, "pass"]),
        check_one=" and ".join(filter(None, checks_of_one)) or "True",
        check_many=" and ".join(filter(None, checks_of_many)) or "True",
    )
    namespace: dict[str, Any] = {"moment": datetime.fromisoformat}
    for variable, field in by_variable.items():
        namespace |= {f"TYPES_{variable}": field.types, f"VALUES_{variable}": field.values}
        namespace[f"UUIDS_{variable}"] = UUID | None if field.is_optional else UUID
    exec(source, namespace)  # noqa: S102 - see the module's docstring
    return PlainRows(namespace["one"], namespace["many"])


_SOURCE = """
def one(row):
    {names}, = row
    try:
        if {check_one}:
            {one}
            return {{{items}}}
    except (TypeError, ValueError):
        pass
    return None


def many(rows):
    {names}, = zip(*rows, strict=True)
    try:
        if {check_many}:
            {many}
            return [{{{items}}} for {names}, in zip({names}, strict=True)]
    except (TypeError, ValueError):
        pass
    return None
"""
