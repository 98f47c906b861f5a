"""The statements on users; they run in `service`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from ..db.arrays import is_in
from ..db.paging import is_after
from .model import User
from .schemas import UserListQuery

BY_ID = (User.id,)
BY_TIME = (User.created_at, User.id)


def page_of_users(query: UserListQuery, last: Sequence[int | datetime]) -> Select[User]:
    """Return one user more than the page holds, which tells whether another page follows.

    Args:
        query: Which users, and how many; with `created_after` they are in the order of that index.
        last: The keys of the user before the page in that order; empty for the first page.
    """
    order = BY_ID if query.created_after is None else BY_TIME
    users = _filtered(select(User), query)
    if last:
        users = users.where(is_after(order, last))
    return users.order_by(*order).limit(query.limit + 1)


def all_users() -> Select[int, str, str, str, datetime]:
    """Return the columns of all users by id."""
    columns = select(User.id, User.email, User.name, User.status, User.created_at)
    return columns.order_by(User.id)


def users_with_ids(user_ids: Sequence[int]) -> Select[int, str, str, str, datetime]:
    """Return the columns of these users; rows cost a fraction of what objects do."""
    columns = select(User.id, User.email, User.name, User.status, User.created_at)
    return columns.where(is_in(User.id, user_ids))


def count_of_users(query: UserListQuery) -> Select[int]:
    """Count all users that pass the filters."""
    return _filtered(select(func.count()).select_from(User), query)


def _filtered(statement: Select[Any], query: UserListQuery) -> Select[Any]:
    if query.status is not None:
        statement = statement.where(User.status == query.status)
    if query.created_after is not None:
        statement = statement.where(User.created_at > query.created_after)
    return statement
