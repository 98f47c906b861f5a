"""Errors of the database that routes and callers expect."""

from collections.abc import Mapping

_UNDEFINED = frozenset({"42P01", "42703"})
"""SQLSTATE of PostgreSQL: undefined table, undefined column."""

_NO_SUCH = ("no such table", "no such column", "no column named")
"""What SQLite says."""


class DatabaseUnavailable(Exception):
    """No connection could be had, or it was lost; asking again later may work."""


class PoolExhausted(DatabaseUnavailable):
    """No connection was free within the pool's wait; the database itself may be well."""


class RowsRefused(ValueError):
    """Rows are at fault, and nothing was written; features name the reasons by subclasses."""

    def __init__(self, message: str, faults: Mapping[str, str]) -> None:
        """Take the reason as a whole, and by field, such as `3.email`, that of each row."""
        super().__init__(message)
        self.faults = faults


def is_schema_missing(error: Exception) -> bool:
    """Tell whether a table or a column is missing, as before a migration."""
    reason = getattr(error, "orig", error)
    state = getattr(reason, "sqlstate", None)
    if state is not None:
        return state in _UNDEFINED
    return any(part in str(reason) for part in _NO_SUCH)
