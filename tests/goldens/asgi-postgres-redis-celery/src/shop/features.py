"""The features of this service: their tables, tasks and cached entities. Add yours here."""

from .posts.model import Post
from .posts.service import register_posts
from .users.model import User
from .users.service import register_users
from .users.tasks import send_welcome

MODELS = (User, Post)
"""Every table, so that migrations know it."""

TASKS = (send_welcome,)
"""Every task a worker can run."""

REGISTER_CACHED = (register_users, register_posts)
"""Functions that tell the cache which keys an entity is in."""
