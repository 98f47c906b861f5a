"""The statements on users; they run in `service`, `pages` and `lookups`."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Integer, Select, bindparam, func, select

from ..db.arrays import is_in_given
from ..db.functions import utc_text
from ..db.inserts import Insertion
from ..db.new_rows import NewRows
from ..db.paging import is_after_given
from ..db.prepared import Prepared
from .model import User
from .schemas import UserListQuery

Columns = Select[*tuple[Any, ...]]

_COLUMNS = (User.id, User.email, User.name, User.status, utc_text(User.created_at))
_BY_ID = (User.id,)
_BY_TIME = (User.created_at, User.id)
_LAST = ("last_0", "last_1")

NEW_USER = Insertion("create_user", User, User.email)
"""One user more."""

NEW_USERS = NewRows(User, [User.email, User.name, User.status], shared=[User.created_at])
"""Many users more."""

_WITH_ID = Prepared(select(*_COLUMNS).where(User.id == bindparam("id")))
_WITH_IDS = Prepared(select(*_COLUMNS).where(is_in_given(User.id, "ids")))


class Question(NamedTuple):
    """A statement, and the values that it is asked with."""

    statement: Prepared
    values: Mapping[str, Any]


def users_with_ids(user_ids: Sequence[int]) -> Question:
    """Ask for the columns of some users.

    One id is no list: PostgreSQL plans a list anew each time, which takes 15 µs of 45.
    """
    if len(user_ids) == 1:
        return Question(_WITH_ID, {"id": user_ids[0]})
    return Question(_WITH_IDS, {"ids": user_ids})


def page_of_users(query: UserListQuery, last: Sequence[Any]) -> Question:
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
    return Question(_page("status" in values, is_by_time, is_after), values)


def count_of_users(query: UserListQuery) -> Question:
    """Ask for the number of all users that pass the filters."""
    values = _filters(query)
    return Question(_count("status" in values, "created_after" in values), values)


def all_users() -> Select[int, str, str, str, str]:
    """Ask for all users, by id."""
    return select(*_COLUMNS).order_by(User.id)


def _filters(query: UserListQuery) -> dict[str, Any]:
    given = {"status": query.status, "created_after": query.created_after}
    return {name: value for name, value in given.items() if value is not None}


@cache
def _page(has_status: bool, is_by_time: bool, is_after: bool) -> Prepared:
    order = _BY_TIME if is_by_time else _BY_ID
    users = _filtered(select(*_COLUMNS), has_status, is_by_time and not is_after)
    if is_after:
        users = users.where(is_after_given(order, _LAST))
    return Prepared(users.order_by(*order).limit(bindparam("limit", type_=Integer)))


@cache
def _count(has_status: bool, is_late: bool) -> Prepared:
    return Prepared(_filtered(select(func.count()).select_from(User), has_status, is_late))


def _filtered(statement: Columns, has_status: bool, is_late: bool) -> Columns:
    if has_status:
        statement = statement.where(User.status == bindparam("status"))
    if is_late:
        statement = statement.where(User.created_at > bindparam("created_after"))
    return statement
