"""What is read and written of users; knows no HTTP."""

from datetime import timedelta

from hotpath.aio.repository import Import, Repository, after, aggregate
from hotpath.db.sql import age_in_days
from sqlalchemy import func

from ..posts.service import latest_posts
from .model import User
from .schemas import STATUSES, StatusStats, UserCreate, UserOut

users = Repository(
    User,
    UserOut,
    filters={"status": User.status, "created_after": after(User.created_at)},
    orders=["created_at", "-created_at"],
    relations={"posts": latest_posts},
)
user_import = Import(users, UserCreate)

read_stats = aggregate(
    users,
    StatusStats,
    by=User.status,
    groups=STATUSES,
    figures={
        "count": func.count(),
        "average_age_days": func.avg(age_in_days(User.created_at)),
    },
    name="user_stats",
    stale=timedelta(seconds=10),
)
