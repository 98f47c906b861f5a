"""The routes and errors of the features. Add yours here."""

from collections.abc import Mapping
from http import HTTPStatus

from ..posts.errors import OwnerNotFound
from ..users.errors import EmailTaken, UserNotFound
from .posts import router as posts
from .user_export import router as user_export
from .users import router as users

ROUTERS = (user_export, users, posts)
"""Every feature's routes; `/users/export` before `/users/{user_id}`."""

STATUS_BY_ERROR: Mapping[type[Exception], HTTPStatus] = {
    UserNotFound: HTTPStatus.NOT_FOUND,
    OwnerNotFound: HTTPStatus.NOT_FOUND,
    EmailTaken: HTTPStatus.CONFLICT,
}
"""The status of every feature's errors."""
