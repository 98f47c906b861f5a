"""What of users is cached, and under which keys."""

from ..cache.cache import Cache

USER = "user"
USERS = "users"
"""The tag of answers that any user may be in."""


def user_key(user_id: int) -> str:
    """Return the key of a user's body: `key_of(USER, user_id)`, in a tenth of its time."""
    return f"{USER}:{user_id}"


def register_users(cache: Cache) -> None:
    """Tell the cache what a user is in."""
    cache.register(USER, lambda user_id: [user_key(user_id)], tags=(USERS,))
