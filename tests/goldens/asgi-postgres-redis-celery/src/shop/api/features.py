"""The routes and errors of the features. Add yours here."""

from collections.abc import Mapping
from http import HTTPStatus

from ..posts.errors import OwnerNotFound
from ..users.errors import EmailsRepeated, EmailsTaken, EmailTaken, IdsRepeated, UserNotFound
from .bulk_users import router as bulk_users
from .posts import router as posts
from .user_export import router as user_export
from .user_stats import router as user_stats
from .users import router as users

ROUTERS = (bulk_users, user_export, user_stats, users, posts)
"""Every feature's routes; `/users/bulk` and the like come before `/users/{user_id}`."""

STATUS_BY_ERROR: Mapping[type[Exception], HTTPStatus] = {
    UserNotFound: HTTPStatus.NOT_FOUND,
    OwnerNotFound: HTTPStatus.NOT_FOUND,
    EmailTaken: HTTPStatus.CONFLICT,
    EmailsTaken: HTTPStatus.CONFLICT,
    EmailsRepeated: HTTPStatus.CONFLICT,
    IdsRepeated: HTTPStatus.UNPROCESSABLE_ENTITY,
}
"""The status of every feature's errors."""
