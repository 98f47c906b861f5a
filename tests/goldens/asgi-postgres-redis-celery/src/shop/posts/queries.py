"""The statements on posts; they run in `service`."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, Select, column, func, select, table
from sqlalchemy.orm import aliased

from ..db.arrays import is_in, is_in_given
from ..db.prepared import Prepared
from .model import Post

POSTS_PER_USER = 20
"""Latest posts in a page with `include=posts`; all of them are at `/users/{id}/posts`."""

# Seen from here a user is an id: posts know nothing else of users.
_users = table("users", column("id", BigInteger))

OWNERS_WITH_IDS = Prepared(select(_users.c.id).where(is_in_given(_users.c.id, "ids")))
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
