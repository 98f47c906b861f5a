"""Bases of schemas that most features have: queries of lists, pages, changes, rows of a bulk."""

from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Generic, Literal, Self, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    RootModel,
    StringConstraints,
    model_validator,
)
from pydantic.functional_validators import AfterValidator, BeforeValidator

from hotpath.db.models import MAX_ID, NO_NUL

T = TypeVar("T")


def _not_a_number(value: Any) -> Any:
    # Pydantic would take the seconds since 1970, also as text, which the schema does not allow.
    is_number = isinstance(value, int | float)
    if is_number or (isinstance(value, str) and value[4:5] != "-"):
        raise ValueError("a time with a zone is needed, such as 2026-01-31T12:00:00Z")
    return value


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("is out of range") from None


UtcTime = Annotated[AwareDatetime, BeforeValidator(_not_a_number), AfterValidator(_in_utc)]
"""A time with a zone, in UTC; for filters. Numbers, such as the seconds since 1970, are invalid."""


RowId = Annotated[int, Field(ge=1, le=MAX_ID)]
"""The key of a row."""

Int64 = Annotated[int, Field(ge=-MAX_ID - 1, le=MAX_ID)]
"""A whole number that databases have."""

ShortText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=NO_NUL)
]
"""A line of text, up to 200 characters."""

LongText = Annotated[str, StringConstraints(max_length=20_000, pattern=NO_NUL)]
"""A text, up to 20,000 characters."""


class ListQuery(BaseModel, extra="forbid"):
    """How many rows at a time, and from where; subclasses add a field for each filter."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: str | None = None


ExportFormat = Literal["ndjson", "json"]
"""NDJSON, a row a line, or one JSON array."""


class ExportQuery(BaseModel, extra="forbid"):
    """How to write all rows."""

    format: ExportFormat = "ndjson"


class Page(BaseModel, Generic[T]):
    """A page of rows; no `next_cursor` on the last one."""

    items: list[T]
    next_cursor: str | None


class CountedPage(Page[T], Generic[T]):
    """A page of rows; `total` only if `count` asked for it."""

    total: int | None


def unchanged() -> Any:
    """Return the default of a field of `Changes`: it stays as it is.

    As a factory, or the description would offer it to clients that fill defaults in.
    """
    return Field(default_factory=lambda: None)


def _require_a_change(schema: dict[str, Any], changes: type["Changes"]) -> None:
    schema["anyOf"] = [{"required": [name]} for name in changes._names()]


class Changes(BaseModel, extra="forbid", json_schema_extra=_require_a_change):
    """What to change of a row; fields left out stay, and at least one is there."""

    _not_changes: ClassVar[frozenset[str]] = frozenset({"id"})

    @classmethod
    def _names(cls) -> list[str]:
        """Return the fields that are changes: all but the id."""
        return [name for name in cls.model_fields if name not in cls._not_changes]

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        names = self._names()
        if self.model_fields_set.isdisjoint(names):
            raise ValueError(f"at least one of {', '.join(names)} is needed")
        return self


def _describe_bounds(schema: dict[str, Any], rows: type["Rows[Any]"]) -> None:
    schema.update(minItems=1, maxItems=rows.max_rows)


class Rows(RootModel[list[T]], Generic[T]):
    """Rows of one request, up to `max_rows` of them."""

    max_rows: ClassVar[int] = 10_000

    model_config = ConfigDict(json_schema_extra=_describe_bounds)

    @model_validator(mode="before")
    @classmethod
    def _bounded(cls, rows: Any) -> Any:
        if isinstance(rows, list) and not 1 <= len(rows) <= cls.max_rows:
            raise ValueError(f"{len(rows)} rows, at least 1 and at most {cls.max_rows}")
        return rows
