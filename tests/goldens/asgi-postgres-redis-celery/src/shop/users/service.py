"""What is read and written of users; knows no HTTP."""

from collections.abc import Mapping
from datetime import timedelta

from hotpath.aio.cache.decorator import cached
from hotpath.aio.db.database import Database
from hotpath.aio.repository import Import, Repository, after
from hotpath.db.models import utc_now
from hotpath.db.sql import age_in_days
from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ..posts.service import latest_posts
from .model import User
from .schemas import STATUSES, Status, UserCreate, UserOut

users = Repository(
    User,
    UserOut,
    filters={"status": User.status, "created_after": after(User.created_at)},
    orders=["created_at"],
    relations={"posts": latest_posts},
)
user_import = Import(users, UserCreate)


class StatusStats(BaseModel, frozen=True):
    """Users with one status; no age when there are none."""

    status: Status
    count: int
    average_age_days: float | None


class UserStats(BaseModel, frozen=True):
    """Users by status."""

    items: list[StatusStats]


@cached(
    UserStats,
    name="user_stats",
    ignore=["db"],
    stale=timedelta(seconds=10),
    tags=(users.tag,),
    is_expensive=True,
)
async def read_stats(db: Database) -> UserStats:
    """Count users by status and average their age. Cost: 1 aggregate query over the table."""
    async with db.reading() as session:
        return await stats_in(session)


async def stats_in(session: AsyncSession) -> UserStats:
    """Return the figures as a transaction sees them."""
    age = func.avg(age_in_days(User.created_at, utc_now()))
    statement = select(User.status, func.count(), age).group_by(User.status)
    rows = (await session.execute(statement)).all()
    found: Mapping[str, tuple[int, float | None]] = {row[0]: (row[1], row[2]) for row in rows}
    return UserStats(items=[_stats(status, *found.get(status, (0, None))) for status in STATUSES])


def _stats(status: Status, count: int, days: float | None) -> StatusStats:
    return StatusStats(status=status, count=count, average_age_days=days)
