"""What is read and written of posts; knows no HTTP."""

from hotpath.aio.repository import Relation, Repository

from .model import Post
from .schemas import PostOut

POSTS_PER_USER = 20
"""Latest posts in a page with `include=posts`; all of them are at `/users/{id}/posts`."""

posts = Repository(Post, PostOut, filters={"user_id": Post.user_id})
latest_posts = Relation(Post, PostOut, belongs_to=Post.user_id, limit=POSTS_PER_USER)
