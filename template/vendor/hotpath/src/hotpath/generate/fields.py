"""Fields of a new feature, as the command line has them: `amount_cents:int`, `note:text?`."""

import keyword
import re
from dataclasses import dataclass

from pydantic import BaseModel
from sqlalchemy.orm import DeclarativeBase

TAKEN = {"id", "created_at", "limit", "cursor", "count", "order", "include", "metadata", "registry"}
"""Names of fields that every feature has, or that pages are asked for by."""

MAX_NAME = 40
"""Letters; PostgreSQL has 63 for the name of an index on two columns."""

_CHOICE = re.compile(r"[A-Za-z0-9_-]+")
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


class Refused(ValueError):
    """This feature cannot be written; the message says why."""


@dataclass(frozen=True)
class Kind:
    """A type of fields: how it is stored, taken from clients and given to them."""

    column: str
    """Of SQLAlchemy; "" where the annotation says it all."""
    annotation: str
    given: str
    samples: tuple[str, str]
    """Two values, as Python writes what JSON has."""


KINDS = {
    "str": Kind("String(200)", "str", "ShortText", ('"A"', '"B"')),
    "text": Kind("Text", "str", "LongText", ('"A text"', '"Another"')),
    "int": Kind("BigInteger", "int", "Int64", ("1", "2")),
    "float": Kind("", "float", "FiniteFloat", ("0.5", "1.5")),
    "bool": Kind("", "bool", "bool", ("True", "False")),
    "date": Kind("", "date", "date", ('"2026-01-31"', '"2026-02-01"')),
    "datetime": Kind(
        "UtcDateTime", "datetime", "UtcTime", ('"2026-01-31T12:00:00Z"', '"2026-02-01T12:00:00Z"')
    ),
    "uuid": Kind("", "UUID", "UUID", (f'"{"0" * 8}-0000-4000-8000-{"0" * 12}"',) * 2),
}
TYPES = ", ".join([*KINDS, "a|b|c", "belongs_to=table"])


@dataclass(frozen=True)
class Field:
    """A field of a new feature."""

    name: str
    kind: Kind
    is_optional: bool = False
    choices: tuple[str, ...] = ()
    parent: str = ""
    """The table that it refers to."""

    @property
    def is_filter(self) -> bool:
        """Whether pages can be asked for by it: it has an index."""
        return bool(self.choices or self.parent)

    @property
    def alias(self) -> str:
        """The name of the type of its choices, such as `Status`."""
        return "".join(part.capitalize() for part in self.name.split("_"))


def parse_field(text: str) -> Field:
    """Return a field.

    Raises:
        Refused: it is not spelled so.
    """
    name, _, kind = text.partition(":")
    is_optional = kind.endswith("?")
    kind = kind.removesuffix("?")
    parent = kind.partition("=")[2] if kind.startswith("belongs_to=") else ""
    if parent:
        check_name(parent, "a table")
        name = name if name.endswith("_id") else f"{name}_id"
    check_field(name)
    if parent:
        return Field(name, Kind("", "int", "RowId", ("0", "0")), is_optional, parent=parent)
    if "|" in kind:
        return Field(name, _choice(name, kind), is_optional, choices=tuple(kind.split("|")))
    if kind not in KINDS:
        raise Refused(
            f"{text}: {kind or 'nothing'} is no type; there are {TYPES}, each with ? for optional"
        )
    return Field(name, KINDS[kind], is_optional)


def _choice(name: str, text: str) -> Kind:
    choices = text.split("|")
    for choice in choices:
        if not _CHOICE.fullmatch(choice):
            raise Refused(f"{name}: {choice!r} is no choice: letters, digits, _ and - only")
    if len(set(choices)) < len(choices):
        raise Refused(f"{name}: a choice is there twice")
    alias = Field(name, KINDS["str"]).alias
    samples = f'"{choices[0]}"', f'"{choices[1]}"'
    return Kind(f"String({max(map(len, choices))})", "str", alias, samples)


def check_name(name: str, what: str) -> None:
    """Refuse what is no name in lower case, such as `order_lines`."""
    if not _NAME.fullmatch(name):
        raise Refused(f"{what} cannot be called {name!r}: lower case letters, digits and _ only")
    if len(name) > MAX_NAME:
        raise Refused(f"{what} cannot be called {name!r}: {len(name)} letters, at most {MAX_NAME}")
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        raise Refused(f"{what} cannot be called {name!r}: Python has that word")


def check_field(name: str) -> None:
    """Refuse the name of a field that a feature, Pydantic or SQLAlchemy has already."""
    check_name(name, "a field")
    if name in TAKEN:
        raise Refused(f"a field cannot be called {name!r}: every feature has or needs that name")
    if hasattr(BaseModel, name) or hasattr(DeclarativeBase, name) or name.startswith("model_"):
        raise Refused(f"a field cannot be called {name!r}: Pydantic or SQLAlchemy has that name")
