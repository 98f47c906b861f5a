"""How many users there are, by status."""

from datetime import timedelta

from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ..cache.cached import cached
from ..db.functions import age_in_days
from ..db.models import utc_now
from ..db.session import Database
from .keys import USERS
from .model import User
from .schemas import STATUSES, Status


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
    tags=(USERS,),
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
    rows = await session.execute(statement)
    found = {status: (count, days) for status, count, days in rows}
    return UserStats(items=[_stats(status, *found.get(status, (0, None))) for status in STATUSES])


def _stats(status: Status, count: int, days: float | None) -> StatusStats:
    return StatusStats(status=status, count=count, average_age_days=days)
