"""The features of this service. Add yours here, and their routes in `api/features.py`."""

from .cache.model import EntryRow, TagRow
from .posts.keys import register_posts
from .posts.model import Post
from .tasks.model import TaskRow
from .users.keys import register_users
from .users.model import User
from .users.tasks import send_welcome

MODELS = (TaskRow, EntryRow, TagRow, User, Post)
"""Every table the migrations know."""

TASKS = (send_welcome,)
"""Every task a worker can run."""

CACHED = (register_users, register_posts)
"""Say which keys of the cache a thing of the domain is in."""
