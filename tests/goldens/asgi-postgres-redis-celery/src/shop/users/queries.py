"""The prepared statements on users, and the cursors of their pages."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

from hotpath.db.keyset import Cursors, from_micros, is_after_params, to_micros
from hotpath.db.prepared import PreparedStatement
from hotpath.db.sql import is_in_param, utc_text
from sqlalchemy import Integer, Select, bindparam, func, select

from .model import User
from .schemas import UserListQuery

Columns = Select[*tuple[Any, ...]]

_COLUMNS = (User.id, User.email, User.name, User.status, utc_text(User.created_at))
_BY_ID = (User.id,)
_BY_TIME = (User.created_at, User.id)
_LAST = ("last_0", "last_1")

_WITH_ID = PreparedStatement(select(*_COLUMNS).where(User.id == bindparam("id")))
_WITH_IDS = PreparedStatement(select(*_COLUMNS).where(is_in_param(User.id, "ids")))


class BoundStatement(NamedTuple):
    """A statement and the values of its parameters."""

    statement: PreparedStatement
    values: Mapping[str, Any]


def users_with_ids(user_ids: Sequence[int]) -> BoundStatement:
    """Ask for the columns of some users.

    One id is no list: PostgreSQL plans a list anew each time, which takes 15 µs of 45.
    """
    if len(user_ids) == 1:
        return BoundStatement(_WITH_ID, {"id": user_ids[0]})
    return BoundStatement(_WITH_IDS, {"ids": user_ids})


def page_of_users(query: UserListQuery, last: Sequence[Any]) -> BoundStatement:
    """Ask for one user more than the page holds, which tells whether another page follows.

    Args:
        query: Which users, and how many; with `created_after` in the order of time, else of ids.
        last: The keys of the user before the page in that order; empty for the first page.
    """
    is_by_time = query.created_after is not None
    # One bound only: of two on a column, databases take the first to find the page's start.
    is_after = bool(last) and (query.created_after is None or last[0] > query.created_after)
    values = {**_filters(query), "limit": query.limit + 1}
    if is_after:
        values.pop("created_after", None)
        values.update(zip(_LAST, last, strict=False))
    return BoundStatement(_page("status" in values, is_by_time, is_after), values)


def count_of_users(query: UserListQuery) -> BoundStatement:
    """Ask for the number of all users that pass the filters."""
    values = _filters(query)
    return BoundStatement(_count("status" in values, "created_after" in values), values)


def all_users() -> Select[int, str, str, str, str]:
    """Ask for all users, by id."""
    return select(*_COLUMNS).order_by(User.id)


def _filters(query: UserListQuery) -> dict[str, Any]:
    given = {"status": query.status, "created_after": query.created_after}
    return {name: value for name, value in given.items() if value is not None}


@cache
def _page(has_status: bool, is_by_time: bool, is_after: bool) -> PreparedStatement:
    order = _BY_TIME if is_by_time else _BY_ID
    users = _filtered(select(*_COLUMNS), has_status, is_by_time and not is_after)
    if is_after:
        users = users.where(is_after_params(order, _LAST))
    return PreparedStatement(users.order_by(*order).limit(bindparam("limit", type_=Integer)))


@cache
def _count(has_status: bool, is_late: bool) -> PreparedStatement:
    return PreparedStatement(_filtered(select(func.count()).select_from(User), has_status, is_late))


def _filtered(statement: Columns, has_status: bool, is_late: bool) -> Columns:
    if has_status:
        statement = statement.where(User.status == bindparam("status"))
    if is_late:
        statement = statement.where(User.created_at > bindparam("created_after"))
    return statement


_TIME = "created_at"


def start_of(cursors: Cursors, query: UserListQuery) -> tuple[int | datetime, ...]:
    """Return the keys of the user before the page; none before the first page.

    Raises:
        InvalidCursor: the cursor is not one of this list in this order.
    """
    if query.cursor is None:
        return ()
    if query.created_after is None:
        return cursors.decode(query.cursor)
    micros, user_id = cursors.ordered_by(_TIME).decode(query.cursor)
    return from_micros(micros), user_id


def cursor_after(cursors: Cursors, query: UserListQuery, user_id: int, created_at: datetime) -> str:
    """Return the cursor of the page after this user, who was added at a time in UTC."""
    if query.created_after is None:
        return cursors.encode(user_id)
    return cursors.ordered_by(_TIME).encode(to_micros(created_at.replace(tzinfo=UTC)), user_id)
