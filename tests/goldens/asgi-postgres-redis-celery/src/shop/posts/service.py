"""What can be done with posts; knows no HTTP."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from hotpath.aio.cache.cache import Cache
from hotpath.aio.db.batching import Loader, Loaders
from hotpath.aio.db.database import Database
from hotpath.db.keyset import Cursors
from hotpath.db.prepared import PreparedStatement
from hotpath.db.sql import is_in, is_in_param
from sqlalchemy import BigInteger, Select, column, func, select, table
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from .model import Post
from .schemas import PostCreate, PostListQuery, PostOut, PostPage


class OwnerNotFound(LookupError):
    """There is no such user."""

    def __init__(self, user_id: int) -> None:
        super().__init__(f"user {user_id} does not exist")


POST = "post"
POSTS = "posts"
"""The tag of answers that any post may be in."""


def register_posts(cache: Cache) -> None:
    """Tell the cache what a post is in: a post alone is not kept."""
    cache.register(POST, lambda _: (), tags=(POSTS,))


POSTS_PER_USER = 20
"""Latest posts in a page with `include=posts`; all of them are at `/users/{id}/posts`."""

# Seen from here a user is an id: posts know nothing else of users.
_users = table("users", column("id", BigInteger))

OWNERS_WITH_IDS = PreparedStatement(select(_users.c.id).where(is_in_param(_users.c.id, "ids")))
"""Those of the `ids` that users have."""


def page_of_posts(user_id: int, after_id: int, limit: int) -> Select[Post]:
    """Return one post more than the page holds, which tells whether another page follows."""
    mine = select(Post).where(Post.user_id == user_id, Post.id > after_id)
    return mine.order_by(Post.id).limit(limit + 1)


def latest_posts_of(user_ids: Sequence[int]) -> Select[Post]:
    """Return up to `POSTS_PER_USER` posts of each user, newest first, in one query."""
    newest = func.row_number().over(partition_by=Post.user_id, order_by=Post.id.desc())
    ranked = select(Post, newest.label("rank")).where(is_in(Post.user_id, user_ids)).subquery()
    post = aliased(Post, ranked)
    return select(post).where(ranked.c.rank <= POSTS_PER_USER).order_by(post.id.desc())


async def _load_owners(db: Database, user_ids: Sequence[int]) -> Mapping[int, bool | Exception]:
    rows = await db.fetch(OWNERS_WITH_IDS, {"ids": user_ids})
    return {user_id: True for (user_id,) in rows}


owner_by_id: Loader[int, bool] = Loader("owner_by_id", _load_owners)
"""Whether there is such a user."""


async def create_post(db: Database, cache: Cache, user_id: int, new: PostCreate) -> PostOut:
    """Add a post of a user. Cost: 1 query; the foreign key checks the user.

    Raises:
        OwnerNotFound: there is no such user.
    """
    post = Post(user_id=user_id, **new.model_dump())
    try:
        async with db.writing() as session:
            session.add(post)
    except IntegrityError as error:
        raise OwnerNotFound(user_id) from error
    await cache.invalidate_entity(POST, post.id)
    return PostOut.model_validate(post)


async def list_posts(
    db: Database, loaders: Loaders, cursors: Cursors, user_id: int, query: PostListQuery
) -> PostPage:
    """Return one page of a user's posts. Cost: 1 query; of one more a share if the page is empty.

    Raises:
        OwnerNotFound: there is no such user.
        InvalidCursor: the cursor is not one of this list.
    """
    [after_id] = [0] if query.cursor is None else cursors.decode(query.cursor)
    async with db.reading() as session:
        found = (await session.scalars(page_of_posts(user_id, after_id, query.limit))).all()
    if not found and not await loaders.get(owner_by_id, user_id):
        raise OwnerNotFound(user_id)
    posts = found[: query.limit]
    has_more = len(found) > query.limit
    items = [PostOut.model_validate(post) for post in posts]
    return PostPage(items=items, next_cursor=cursors.encode(posts[-1].id) if has_more else None)


async def latest_posts(
    session: AsyncSession, user_ids: Sequence[int]
) -> Mapping[int, list[PostOut]]:
    """Return the latest posts of each user, newest first. Cost: 1 query."""
    posts_by_user: dict[int, list[PostOut]] = defaultdict(list)
    for post in await session.scalars(latest_posts_of(user_ids)):
        posts_by_user[post.user_id].append(PostOut.model_validate(post))
    return posts_by_user
