"""Where a page of users starts and ends: by id, or by time when the time filters."""

from datetime import UTC, datetime

from ..db.paging import Cursors, micros_of, moment_of
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


def cursor_after(cursors: Cursors, query: UserListQuery, user_id: int, created_at: datetime) -> str:
    """Return the cursor of the page after this user, who was added at a time in UTC."""
    if query.created_after is None:
        return cursors.encode(user_id)
    return cursors.ordered_by(_TIME).encode(micros_of(created_at.replace(tzinfo=UTC)), user_id)
