"""Work on users that outlives a request."""

from datetime import timedelta

from hotpath.db.errors import NotFound
from hotpath.db.models import utc_now
from hotpath.tasks.task import task
from pydantic import BaseModel
from sqlalchemy import func, select

from ..resources import Resources
from .model import User


class Welcome(BaseModel):
    """What a new user is told."""

    user_id: int
    to: str
    text: str


@task()
async def send_welcome(resources: Resources, user_id: int) -> Welcome:
    """Compose the welcome of a user; a real service would send it."""
    async with resources.db.reading() as session:
        user = await session.get(User, user_id)
    if user is None:
        raise NotFound.named("user", user_id)
    return Welcome(user_id=user.id, to=user.email, text=f"Welcome, {user.name}!")


async def enqueue_welcome(resources: Resources, user_id: int) -> str:
    """Have a user welcomed, in the transaction that finds the user; return the id of the task."""
    async with resources.db.writing() as session:
        if await session.get(User, user_id) is None:
            raise NotFound.named("user", user_id)
        return await resources.tasks.enqueue(send_welcome, user_id, session=session)


@task(every=timedelta(days=1))
async def count_new_users(resources: Resources) -> int:
    """Count the users of the last day; a real service would report them."""
    recent = select(func.count()).where(User.created_at > utc_now() - timedelta(days=1))
    async with resources.db.reading() as session:
        return await session.scalar(recent) or 0
