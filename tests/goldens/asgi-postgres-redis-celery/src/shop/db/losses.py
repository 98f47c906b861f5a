"""Which errors mean that the database is out of reach, rather than that a statement is wrong."""

from sqlalchemy.exc import (
    DBAPIError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
    TimeoutError,
)

from .driver import ERRORS

FAILURES = (SQLAlchemyError, OSError, *ERRORS)
"""What a session or its driver connection may raise."""

_AWAY = (
    "08",  # connections: refused, broken
    "25P03",  # a session, ended because it did nothing in its transaction
    "28",  # a login is refused
    "3D",  # there is no such database
    "40",  # given up for another transaction
    "53",  # no connection, memory or disk is left
    "55P03",  # a lock is not to be had
    "57",  # stopping, starting, or a statement took too long
    "58",  # the server's system fails
)
"""Classes of SQLSTATE, and states, after which asking again later may work."""


def is_lost(error: Exception) -> bool:
    """Tell whether asking again later may work: no connection was free, could be opened or kept."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    state = getattr(getattr(error, "orig", error), "sqlstate", None)
    if state is not None:
        return str(state).startswith(_AWAY)
    unspoken = (OperationalError, InterfaceError, TimeoutError, OSError, *ERRORS)
    return isinstance(error, unspoken)


def is_unmigrated(error: Exception) -> bool:
    """Tell whether a table or a column is missing, as before a migration."""
    state = getattr(getattr(error, "orig", error), "sqlstate", None)
    return state in {"42P01", "42703"}
