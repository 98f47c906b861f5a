"""What all models share: the base class, constraint names, UTC times."""

from datetime import UTC, datetime
from typing import Annotated

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, MetaData
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

# Named constraints, so that migrations can drop them on both databases.
_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of every model of a service."""

    metadata = MetaData(naming_convention=_NAMES)


class EngineBase(DeclarativeBase):
    """Base of the engine's own models: their migrations are the engine's too."""

    metadata = MetaData(naming_convention=_NAMES)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime; databases without time zones keep it in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC on the way in."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC on the way out; a driver may give the time zone of its server."""
        if value is None or value.tzinfo is UTC:
            return value
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def utc_now() -> datetime:
    """Return the current time, aware and in UTC."""
    return datetime.now(UTC)


Id = Annotated[int, mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)]
"""A primary key that the database gives: `id: Mapped[Id]`."""

CreatedAt = Annotated[datetime, mapped_column(UtcDateTime, default=utc_now)]
"""When a row was added: `created_at: Mapped[CreatedAt]`."""

MAX_ID = 2**63 - 1
"""The largest row id."""

NO_NUL = r"^[^\u0000]*$"
"""PostgreSQL cannot store NUL in a text."""
