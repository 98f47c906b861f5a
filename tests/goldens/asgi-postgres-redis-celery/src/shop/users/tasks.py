"""Work on users that outlives a request."""

from hotpath.aio.tasks.task import Arguments, Task, TaskContext
from hotpath.db.errors import NotFound
from pydantic import JsonValue

from .model import User


async def _welcome(context: TaskContext, arguments: Arguments) -> JsonValue:
    """Compose the welcome of a user; a real service would send it."""
    user_id = int(str(arguments["user_id"]))
    async with context.db.reading() as session:
        user = await session.get(User, user_id)
    if user is None:
        raise NotFound.named("user", user_id)
    return {"user_id": user.id, "to": user.email, "text": f"Welcome, {user.name}!"}


send_welcome = Task("send_welcome", _welcome)
