"""Rows become the JSON that a schema says, byte for byte, whatever its fields."""

import enum
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from hotpath.db.encoding import RowEncoder
from hotpath.db.models import UtcDateTime
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, ValidationError, computed_field
from sqlalchemy import JSON, Boolean, Date, Enum, Float, Integer, Numeric, String, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Tables of these tests alone."""


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Thing(Base):
    """A row with a column of each type."""

    __tablename__ = "things"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    text: Mapped[str] = mapped_column(String(50))
    note: Mapped[str | None] = mapped_column(String(50))
    is_good: Mapped[bool] = mapped_column(Boolean)
    share: Mapped[float] = mapped_column(Float)
    day: Mapped[date | None] = mapped_column(Date)
    token: Mapped[UUID] = mapped_column(Uuid)
    colour: Mapped[Colour] = mapped_column(Enum(Colour))
    state: Mapped[str | None] = mapped_column(String(10))
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    price: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    extra: Mapped[dict[str, Any]] = mapped_column(JSON)


class Plain(BaseModel):
    """Fields that need no model of each row."""

    id: int
    text: str
    note: str | None
    is_good: bool
    share: float
    day: date | None
    token: UUID
    colour: Colour
    state: Literal["open", "closed"] | None
    at: datetime | None


class Priced(BaseModel):
    """Fields that Pydantic has to write."""

    id: int
    price: Decimal
    extra: dict[str, int]
    at: datetime | None

    @computed_field
    def cents(self) -> int:
        """Return the price in cents."""
        return int(self.price * 100)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
MOMENTS = st.none() | st.datetimes(timezones=st.just(UTC))
PLAIN_ROWS = st.tuples(
    st.integers(-(2**63), 2**63 - 1),
    TEXTS,
    st.none() | TEXTS,
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.none() | st.dates(),
    st.uuids(),
    st.sampled_from(Colour),
    st.sampled_from(["open", "closed", None]),
    MOMENTS,
)


def stored(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a row as a statement gives it: its time as a text."""
    at = row[-1]
    return (*row[:-1], None if at is None else at.replace(tzinfo=None).isoformat(" "))


@given(st.lists(PLAIN_ROWS, max_size=3))
def test_plain_fields_are_written_without_a_model(rows: list[tuple[Any, ...]]) -> None:
    encoder = RowEncoder(Thing, Plain)
    models = [Plain.model_validate(dict(zip(Plain.model_fields, row, strict=True))) for row in rows]

    assert encoder.is_plain
    expected = [model.model_dump_json().encode() for model in models]
    assert encoder.encode_all([stored(row) for row in rows]) == expected


@given(st.decimals(0, 10**6, places=2), st.dictionaries(TEXTS, st.integers(0, 9)), MOMENTS)
def test_any_other_schema_is_asked(
    price: Decimal, extra: dict[str, int], at: datetime | None
) -> None:
    encoder = RowEncoder(Thing, Priced)
    model = Priced(id=1, price=price, extra=extra, at=at)

    assert not encoder.is_plain
    assert encoder.encode((1, price, extra, at)) == model.model_dump_json().encode()


ROW = (1, "a", None, True, 0.5, None, UUID(int=1), Colour.RED, "open", None)


@pytest.mark.parametrize(
    ("place", "wrong"),
    [(1, 5), (3, "perhaps"), (4, "x"), (6, 7), (7, "green"), (8, "gone"), (9, "then")],
)
def test_a_value_that_the_schema_does_not_take_is_refused(place: int, wrong: object) -> None:
    row = [*ROW]
    row[place] = wrong
    encoder = RowEncoder(Thing, Plain)

    with pytest.raises(ValidationError):
        encoder.encode(row)
    good, bad = encoder.encode_each([ROW, row])
    assert good == encoder.encode(ROW)
    assert isinstance(bad, ValidationError)


class Narrow(BaseModel):
    """A field with a limit of its own."""

    id: int
    text: Annotated[str, Field(max_length=3)]


def test_a_limit_of_the_schema_holds() -> None:
    encoder = RowEncoder(Thing, Narrow)

    assert encoder.encode((1, "abc")) == b'{"id":1,"text":"abc"}'
    with pytest.raises(ValidationError):
        encoder.encode((1, "abcd"))


class Unknown(BaseModel):
    """A field that is no column."""

    id: int
    size: int


def test_a_field_that_is_no_column_is_a_sentence() -> None:
    with pytest.raises(ValueError, match=r"^Unknown\.size is no column of Thing$"):
        RowEncoder(Thing, Unknown)
