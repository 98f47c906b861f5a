"""Where a page of users starts and ends: by id, or by time when the time filters."""

from datetime import datetime

from ..db.paging import Cursors, micros_of, moment_of
from .model import User
from .schemas import UserListQuery

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
    return moment_of(micros), user_id


def cursor_after(cursors: Cursors, query: UserListQuery, user: User) -> str:
    """Return the cursor of the page after `user`."""
    if query.created_after is None:
        return cursors.encode(user.id)
    return cursors.ordered_by(_TIME).encode(micros_of(user.created_at), user.id)
