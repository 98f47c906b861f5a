"""What can be done with posts; knows no HTTP."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ..cache.cache import Cache
from ..db.lookups import Lookups
from ..db.paging import Cursors
from ..db.session import Database
from .errors import OwnerNotFound
from .keys import POST
from .lookups import owner_by_id
from .model import Post
from .queries import latest_posts_of, page_of_posts
from .schemas import PostCreate, PostListQuery, PostOut, PostPage


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
    db: Database, lookups: Lookups, cursors: Cursors, user_id: int, query: PostListQuery
) -> PostPage:
    """Return one page of a user's posts. Cost: 1 query; of one more a share if the page is empty.

    Raises:
        OwnerNotFound: there is no such user.
        InvalidCursor: the cursor is not one of this list.
    """
    [after_id] = [0] if query.cursor is None else cursors.decode(query.cursor)
    async with db.reading() as session:
        found = (await session.scalars(page_of_posts(user_id, after_id, query.limit))).all()
    if not found and not await lookups.get(owner_by_id, user_id):
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
