"""Which errors mean that the database is out of reach, rather than that a statement is wrong."""

import sqlite3

from sqlalchemy.exc import DBAPIError, TimeoutError

_BUSY_OR_GONE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
    }
)
_PRIMARY_CODE = 0xFF


def is_lost(error: Exception) -> bool:
    """Tell whether asking again later may work: no connection was free, or the file is locked."""
    if isinstance(error, TimeoutError):
        return True
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", 0)
    return isinstance(error, DBAPIError) and code & _PRIMARY_CODE in _BUSY_OR_GONE
