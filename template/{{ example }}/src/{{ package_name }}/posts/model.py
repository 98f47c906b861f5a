"""The table of posts."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ..db.models import Base, UtcDateTime, utc_now
from ..db.tables import IDS_ONCE


class Post(Base):
    """A text by a user."""

    __tablename__ = "posts"
    __table_args__ = (
        Index("ix_posts_user_id_id", "user_id", "id"),
        IDS_ONCE,
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
