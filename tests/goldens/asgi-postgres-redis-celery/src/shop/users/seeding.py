"""Made-up users and posts, for trying things out and for measuring."""

from uuid import uuid4

from sqlalchemy import insert

from ..cache.cache import Cache
from ..db.session import Database
from ..posts.model import Post
from .keys import USER
from .model import User

_STATUSES = ("active", "active", "active", "inactive", "banned")


async def add_users(db: Database, cache: Cache, count: int, posts_each: int) -> None:
    """Add users with posts in one transaction. Cost: 2 statements."""
    batch = uuid4().hex[:12]
    users = [
        {
            "email": f"user-{batch}-{number}@example.com",
            "name": f"User {number}",
            "status": _STATUSES[number % len(_STATUSES)],
        }
        for number in range(count)
    ]
    async with db.writing() as session:
        ids = (await session.scalars(insert(User).returning(User.id), users)).all()
        posts = [
            {"user_id": user_id, "title": f"Post {number}", "body": "Seeded."}
            for user_id in ids
            for number in range(posts_each)
        ]
        if posts:
            await session.execute(insert(Post), posts)
    await cache.invalidate_entity(USER, *ids)  # as in `create_user`; lists of them have the posts
