"""A repository that cannot be as it is declared is a sentence, with the model and the field."""

from datetime import datetime

import pytest
from hotpath.aio.repository import Repository, after
from hotpath.db.keyset import InvalidOrder
from hotpath.db.models import Base, UtcDateTime
from hotpath.features import Misdeclared
from hotpath.schemas import ListQuery
from pydantic import BaseModel
from sqlalchemy import Index, Integer, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Own(DeclarativeBase):
    """Tables of these tests alone."""

    metadata = MetaData(naming_convention=Base.metadata.naming_convention)


class Parcel(Own):
    __tablename__ = "parcels"
    __table_args__ = (Index("ix_parcels_sent_at_id", "sent_at", "id"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    place: Mapped[str] = mapped_column(String(10))
    code: Mapped[str] = mapped_column(String(10), unique=True)
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    arrived_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)


class ParcelOut(BaseModel):
    id: int
    place: str
    sent_at: datetime


class WithoutTime(BaseModel):
    id: int
    place: str


class WithMore(BaseModel):
    id: int
    weight: int


def test_what_has_an_index_is_declared() -> None:
    filters = {"code": Parcel.code, "sent_after": after(Parcel.sent_at)}

    Repository(Parcel, ParcelOut, filters=filters, orders=["sent_at", "-sent_at"])


class AnyOrder(ListQuery):
    """A query whose order is any text."""

    order: str | None = None


def test_an_order_that_a_client_makes_up_is_refused() -> None:
    pages = Repository(Parcel, ParcelOut, orders=["-sent_at"]).pages

    assert pages.request(AnyOrder(order="-sent_at"), {}).order.is_descending
    with pytest.raises(InvalidOrder, match="order: place is none of id, -sent_at"):
        pages.request(AnyOrder(order="place"), {})


def refusal(schema: type[BaseModel] = ParcelOut, **declared: object) -> str:
    """Return why a repository is refused."""
    with pytest.raises(Misdeclared) as refused:
        Repository(Parcel, schema, **declared)  # type: ignore[arg-type]
    where, _, reason = str(refused.value).partition(": ")
    assert where.endswith("test_declarations.Parcel")
    return reason


def test_a_filter_without_an_index() -> None:
    assert refusal(filters={"place": Parcel.place}) == (
        "filter place: parcels.place begins no index; "
        'add Index("ix_parcels_place_id", "place", "id")'
    )


def test_an_order_without_an_index() -> None:
    assert refusal(orders=["place"]) == "order place: parcels.place begins no index"


def test_an_order_that_is_no_column() -> None:
    assert refusal(orders=["weight"]) == "order weight: parcels has no column weight"


def test_an_order_by_what_may_be_null() -> None:
    assert refusal(orders=["arrived_at"]) == "order arrived_at: parcels.arrived_at may be NULL"


def test_an_order_by_what_cursors_cannot_have() -> None:
    assert refusal(orders=["code"], schema=WithoutTime) == (
        "order code: code is no field of WithoutTime"
    )


def test_an_order_by_what_the_schema_lacks() -> None:
    assert refusal(orders=["-sent_at"], schema=WithoutTime) == (
        "order -sent_at: sent_at is no field of WithoutTime"
    )


def test_a_field_that_the_model_lacks() -> None:
    assert refusal(schema=WithMore) == "WithMore.weight is no column of Parcel"
