"""The statements on users; they run in `service`."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from .model import User
from .schemas import UserListQuery


def page_of_users(query: UserListQuery, after_id: int) -> Select[User]:
    """Return one user more than the page holds, which tells whether another page follows."""
    users = _filtered(select(User), query).where(User.id > after_id)
    return users.order_by(User.id).limit(query.limit + 1)


def all_users() -> Select[int, str, str, str, datetime]:
    """Return the columns of all users by id."""
    columns = select(User.id, User.email, User.name, User.status, User.created_at)
    return columns.order_by(User.id)


def count_of_users(query: UserListQuery) -> Select[int]:
    """Count all users that pass the filters."""
    return _filtered(select(func.count()).select_from(User), query)


def _filtered(statement: Select[Any], query: UserListQuery) -> Select[Any]:
    if query.status is not None:
        statement = statement.where(User.status == query.status)
    if query.created_after is not None:
        statement = statement.where(User.created_at > query.created_after)
    return statement
