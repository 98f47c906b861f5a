"""Work on users that outlives a request."""

from hotpath.aio.tasks.task import Arguments, Task, TaskContext
from pydantic import JsonValue

from .service import require_user


async def _welcome(context: TaskContext, arguments: Arguments) -> JsonValue:
    """Compose the welcome of a user; a real service would send it."""
    async with context.db.reading() as session:
        user = await require_user(session, int(str(arguments["user_id"])))
    return {"user_id": user.id, "to": user.email, "text": f"Welcome, {user.name}!"}


send_welcome = Task("send_welcome", _welcome)
