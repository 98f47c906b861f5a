"""The table of posts."""

from hotpath.db.models import Base, CreatedAt, Id
from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column


class Post(Base):
    """A text by a user."""

    __tablename__ = "posts"
    __table_args__ = (Index("ix_posts_user_id_id", "user_id", "id"),)

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[CreatedAt]
