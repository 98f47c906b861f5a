"""The model, as the template's example has its own: `db/models/`."""

from datetime import datetime, timezone

from shop_ft.db.base import Base
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.sqltypes import BigInteger, DateTime, String


class UserModel(Base):
    """Model of a user."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=True)
    email: Mapped[str] = mapped_column(String(length=254), unique=True)
    name: Mapped[str] = mapped_column(String(length=100))
    status: Mapped[str] = mapped_column(String(length=10), default="active")
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True),
        default=lambda: datetime.now(timezone.utc),  # noqa: UP017
    )
