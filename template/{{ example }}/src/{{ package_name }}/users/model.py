"""The table of users."""

from hotpath.db.models import Base, CreatedAt, Id
from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column


class User(Base):
    """A person with an account."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'inactive', 'banned')", name="status"),
        Index("ix_users_status_id", "status", "id"),
        Index("ix_users_created_at_id", "created_at", "id"),
        Index("ix_users_status_created_at_id", "status", "created_at", "id"),
    )

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    status: Mapped[str] = mapped_column(String(10), default="active")
    created_at: Mapped[CreatedAt]
