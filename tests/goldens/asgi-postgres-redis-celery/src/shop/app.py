"""Puts the application together: routes, errors, resources. Nothing else."""

from collections.abc import Mapping
from http import HTTPStatus

from hotpath.asgi import Application

from .posts.routes import router as posts
from .posts.service import OwnerNotFound
from .resources import open_resources
from .settings import Settings, read_settings
from .users.errors import EmailsRepeated, EmailsTaken, EmailTaken, IdsRepeated, UserNotFound
from .users.routes import bulk_router as bulk_users
from .users.routes import router as users

ROUTERS = (bulk_users, users, posts)
"""Every feature's routes; of two that match a path the first answers."""

STATUS_BY_ERROR: Mapping[type[Exception], HTTPStatus] = {
    UserNotFound: HTTPStatus.NOT_FOUND,
    OwnerNotFound: HTTPStatus.NOT_FOUND,
    EmailTaken: HTTPStatus.CONFLICT,
    EmailsTaken: HTTPStatus.CONFLICT,
    EmailsRepeated: HTTPStatus.CONFLICT,
    IdsRepeated: HTTPStatus.UNPROCESSABLE_ENTITY,
}
"""The status of every feature's errors; their messages are the problems' details."""


def create_app(settings: Settings | None = None) -> Application:
    """Return the application; its resources open when the server starts it."""
    settings = settings or read_settings()
    return Application(settings, open_resources, ROUTERS, STATUS_BY_ERROR)
