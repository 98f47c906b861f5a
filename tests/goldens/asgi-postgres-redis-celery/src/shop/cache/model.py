"""The tables of answers that are kept in the database; moments are seconds since the epoch."""

from sqlalchemy import Double, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ..db.models import Base


class EntryRow(Base):
    """A key: its answer, the lease of who loads it, or both. A change deletes the row."""

    __tablename__ = "cache_entries"
    __table_args__ = (Index("ix_cache_entries_ends_at_key", "ends_at", "key"),)

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[str] = mapped_column(String(100))
    data: Mapped[bytes | None] = mapped_column(LargeBinary)
    """None: it is only leased."""

    token: Mapped[bytes] = mapped_column(LargeBinary)
    leased_until: Mapped[float] = mapped_column(Double)
    """0: nobody has the lease."""

    ends_at: Mapped[float] = mapped_column(Double)
    """From then on the row is of no use."""


class TagRow(Base):
    """A tag and its stamp; a change gives it another."""

    __tablename__ = "cache_tags"
    __table_args__ = (Index("ix_cache_tags_ends_at_tag", "ends_at", "tag"),)

    tag: Mapped[str] = mapped_column(Text, primary_key=True)
    stamp: Mapped[bytes] = mapped_column(LargeBinary)
    ends_at: Mapped[float] = mapped_column(Double)
