"""What is read and written of users; knows no HTTP."""

from datetime import timedelta
from http import HTTPStatus

from hotpath.aio.repository import Import, Repository, after, aggregate
from hotpath.aio.resources import Resources
from hotpath.db.errors import NotFound
from hotpath.db.sql import age_in_days
from sqlalchemy import func

from ..posts.service import latest_posts
from .model import User
from .schemas import STATUSES, Avatar, StatusStats, UserCreate, UserOut

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


async def read_avatar(resources: Resources, user_id: int) -> Avatar:
    """Ask the dependency `avatars` where the picture of a user is.

    Raises:
        NotFound: there is no such user, or no picture.
        DependencyError: the dependency does not say.
    """
    if not await users.exists(resources, user_id):
        raise NotFound.named(users.name, user_id)
    response = await resources.http.dependency("avatars").get(f"/{user_id}")
    if response.status == HTTPStatus.NOT_FOUND:
        raise NotFound(f"user {user_id} has no avatar")
    return response.parsed(Avatar)
