"""The statements on users; they run in `service`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from ..db.arrays import is_in_given
from ..db.inserts import Insertion
from ..db.paging import is_after
from ..db.prepared import Prepared
from .model import User
from .schemas import UserListQuery

USERS_WITH_IDS = Prepared(
    select(User.id, User.email, User.name, User.status, User.created_at).where(
        is_in_given(User.id, "ids")
    )
)
"""The columns of the users with `ids`."""

NEW_USER = Insertion("create_user", User, User.email)
"""One user more."""

_BY_ID = (User.id,)
_BY_TIME = (User.created_at, User.id)


def page_of_users(query: UserListQuery, last: Sequence[Any]) -> Select[User]:
    """Return one user more than the page holds, which tells whether another page follows.

    Args:
        query: Which users, and how many; with `created_after` in the order of time, else of ids.
        last: The keys of the user before the page in that order; empty for the first page.
    """
    users = _of_status(select(User), query)
    order = _BY_ID if query.created_after is None else _BY_TIME
    # One bound only: of two on a column, databases take the first to find the page's start.
    if last and (query.created_after is None or last[0] > query.created_after):
        users = users.where(is_after(order, last))
    else:
        users = _later(users, query)
    return users.order_by(*order).limit(query.limit + 1)


def all_users() -> Select[int, str, str, str, datetime]:
    """Return the columns of all users by id."""
    columns = select(User.id, User.email, User.name, User.status, User.created_at)
    return columns.order_by(User.id)


def count_of_users(query: UserListQuery) -> Select[int]:
    """Count all users that pass the filters."""
    return _later(_of_status(select(func.count()).select_from(User), query), query)


def _of_status(statement: Select[Any], query: UserListQuery) -> Select[Any]:
    return statement if query.status is None else statement.where(User.status == query.status)


def _later(statement: Select[Any], query: UserListQuery) -> Select[Any]:
    if query.created_after is None:
        return statement
    return statement.where(User.created_at > query.created_after)
