"""Which errors mean that the database is out of reach, rather than that a statement is wrong."""

import sqlite3

from sqlalchemy import exc

FAILURES = (exc.SQLAlchemyError, sqlite3.Error, OSError)
"""What a session or its driver connection may raise."""

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
    if isinstance(error, exc.TimeoutError | TimeoutError):
        return True
    code = getattr(getattr(error, "orig", error), "sqlite_errorcode", 0)
    return code & _PRIMARY_CODE in _BUSY_OR_GONE


def is_unmigrated(error: Exception) -> bool:
    """Tell whether a table or a column is missing, as before a migration."""
    reason = str(getattr(error, "orig", error))
    return any(part in reason for part in ("no such table", "no such column", "no column named"))
