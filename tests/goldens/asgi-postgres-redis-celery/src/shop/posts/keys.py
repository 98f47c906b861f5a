"""What of posts is cached."""

from ..cache.cache import Cache

POST = "post"
POSTS = "posts"
"""The tag of answers that any post may be in."""


def register_posts(cache: Cache) -> None:
    """Tell the cache what a post is in: a post alone is not kept."""
    cache.register(POST, lambda _: (), tags=(POSTS,))
