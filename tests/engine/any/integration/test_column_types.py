"""A repository of a model with columns of every type, through each of its operations."""

import enum
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import pytest
import sqlalchemy as sa
from hotpath.aio.db.sessions import with_connection
from hotpath.aio.repository import Repository
from hotpath.db.models import UtcDateTime
from hotpath.observability.metrics import Metrics
from hotpath.schemas import Changes, ListQuery, unchanged
from hotpath.testing.workspace import Workspace
from pydantic import BaseModel
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from package_name.resources import Resources, open_resources


class Base(DeclarativeBase):
    """Tables of these tests alone."""


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Sample(Base):
    """A row with a column of each type, none of which has to have a value."""

    __tablename__ = "samples"

    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    small: Mapped[int | None] = mapped_column(sa.SmallInteger)
    whole: Mapped[int | None] = mapped_column(sa.BigInteger)
    text: Mapped[str | None] = mapped_column(sa.Text)
    short: Mapped[str | None] = mapped_column(sa.String(20))
    is_good: Mapped[bool | None] = mapped_column(sa.Boolean)
    share: Mapped[float | None] = mapped_column(sa.Float)
    ratio: Mapped[float | None] = mapped_column(sa.Double)
    rate: Mapped[float | None] = mapped_column(sa.Numeric(10, 2, asdecimal=False))
    price: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 2))
    weight: Mapped[Decimal | None] = mapped_column(sa.Float(asdecimal=True, decimal_return_scale=2))
    day: Mapped[date | None] = mapped_column(sa.Date)
    hour: Mapped[time | None] = mapped_column(sa.Time)
    local: Mapped[datetime | None] = mapped_column(sa.DateTime)
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lasts: Mapped[timedelta | None] = mapped_column(sa.Interval)
    data: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    extra: Mapped[Any | None] = mapped_column(sa.JSON(none_as_null=True))
    token: Mapped[UUID | None] = mapped_column(sa.Uuid)
    colour: Mapped[Colour | None] = mapped_column(sa.Enum(Colour, name="colour"))
    state: Mapped[str | None] = mapped_column(sa.Enum("on", "off", name="state"))


class SampleCreate(BaseModel):
    """A value of each type."""

    small: int | None = -7
    whole: int | None = 2**40
    text: str | None = "naïve ☃"
    short: str | None = "a\\b'\"%s%%"
    is_good: bool | None = True
    share: float | None = 0.5
    ratio: float | None = 0.1
    rate: float | None = 1.25
    price: Decimal | None = Decimal("12.30")
    weight: Decimal | None = Decimal("0.25")
    day: date | None = date(2026, 11, 28)
    hour: time | None = time(12, 30, 15)
    local: datetime | None = datetime(2026, 11, 28, 12, 30)  # noqa: DTZ001 - as the column
    at: datetime | None = datetime(2026, 11, 28, 12, 30, tzinfo=UTC)
    lasts: timedelta | None = timedelta(days=1, seconds=5)
    data: bytes | None = b"bytes"
    extra: Any | None = {"a": [1, None, "x"]}
    token: UUID | None = UUID(int=7)
    colour: Colour | None = Colour.RED
    state: str | None = "on"


NOTHING: dict[str, Any] = dict.fromkeys(SampleCreate.model_fields)


class SampleOut(SampleCreate):
    """What is returned."""

    id: int


class PlainOut(BaseModel):
    """Fields that are encoded without a model of each row."""

    id: int
    small: int | None
    whole: int | None
    text: str | None
    short: str | None
    is_good: bool | None
    share: float | None
    ratio: float | None
    rate: float | None
    day: date | None
    at: datetime | None
    token: UUID | None
    colour: Colour | None
    state: Literal["on", "off"] | None


class SampleUpdate(Changes):
    """Two of the fields."""

    share: float = unchanged()
    price: Decimal = unchanged()


class SampleChange(SampleUpdate):
    """The same in a list."""

    id: int


SAMPLES = Repository(Sample, SampleOut, name="sample")
PLAIN = Repository(Sample, PlainOut, name="plain_sample")


@pytest.fixture(params=["dedicated", "pool"])
def settings(request: pytest.FixtureRequest, workspace: Workspace) -> Iterator[Any]:
    """Yield the settings of a database with the table, with and without parts of the driver."""
    given = {"DB__DEDICATED_CONNECTIONS": 0} if request.param == "pool" else {}
    read = workspace.with_settings(**given).settings()
    with_connection(read.db, Base.metadata.create_all)
    yield read
    with_connection(read.db, Base.metadata.drop_all)


@pytest.fixture
async def places(settings: Any) -> AsyncIterator[Resources]:
    """Open resources on the database with the table."""
    async with open_resources(settings, Metrics("shop")) as opened:
        SAMPLES.register(opened.cache)
        PLAIN.register(opened.cache)
        yield opened


def as_json(row_id: int, values: BaseModel, schema: type[BaseModel] = SampleOut) -> Any:
    return json.loads(schema(id=row_id, **values.model_dump()).model_dump_json())


@pytest.mark.parametrize("new", [SampleCreate(), SampleCreate(**NOTHING)], ids=["all", "none"])
async def test_plain_types_are_written_and_read_as_the_schema_says(
    places: Resources, new: SampleCreate
) -> None:
    created = await PLAIN.create(places, new)
    await PLAIN.invalidate(places.cache, created.id)
    expected = as_json(created.id, new, PlainOut)

    assert PLAIN.encoder.is_plain
    assert json.loads(created.body) == expected
    assert json.loads(await PLAIN.get(places, created.id)) == expected
    assert json.loads(await PLAIN.page(places, ListQuery()))["items"] == [expected]


@pytest.mark.parametrize("new", [SampleCreate(), SampleCreate(**NOTHING)], ids=["all", "none"])
async def test_every_type_is_written_and_read_as_the_schema_says(
    places: Resources, new: SampleCreate
) -> None:
    created = await SAMPLES.create(places, new)
    (other,) = await SAMPLES.create_many(places, [new])
    await SAMPLES.invalidate(places.cache, created.id, other)

    assert json.loads(created.body) == as_json(created.id, new)
    assert json.loads(await SAMPLES.get(places, created.id)) == as_json(created.id, new)
    page = json.loads(await SAMPLES.page(places, ListQuery()))
    assert page["items"] == [as_json(created.id, new), as_json(other, new)]


async def test_every_type_is_changed_as_the_schema_says(places: Resources) -> None:
    created = await SAMPLES.create(places, SampleCreate())
    changed = SampleUpdate(share=0.75, price=Decimal("7.70"))
    expected = as_json(created.id, SampleCreate(**changed.model_dump()))

    assert json.loads(await SAMPLES.update(places, created.id, changed)) == expected
    again = SampleChange(id=created.id, share=0.125, price=Decimal("1.10"))
    await SAMPLES.update_many(places, [again])
    found = json.loads(await SAMPLES.get(places, created.id))
    assert (found["share"], found["price"]) == (0.125, "1.10")
