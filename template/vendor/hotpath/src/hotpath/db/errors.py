"""Errors of the database that routes and callers expect."""

from collections.abc import Mapping
from typing import Self

_UNDEFINED = frozenset({"42P01", "42703"})
"""SQLSTATE of PostgreSQL: undefined table, undefined column."""

_NO_SUCH = ("no such table", "no such column", "no column named")
"""What SQLite says."""


class DatabaseUnavailable(Exception):
    """No connection could be had, or it was lost; asking again later may work."""


class PoolExhausted(DatabaseUnavailable):
    """No connection was free within the pool's wait; the database itself may be well."""


class NotFound(LookupError):
    """There is no such row; HTTP has 404 for it. Features subclass it for reasons of their own."""

    @classmethod
    def named(cls, name: str, key: object) -> Self:
        """Return the error of one entity, such as `user` 7."""
        return cls(f"{name} {key} does not exist")


class Conflict(ValueError):
    """Another row is in the way; HTTP has 409 for it."""

    @classmethod
    def taken(cls, field: str, value: object) -> Self:
        """Return the error of a value that has to be unique."""
        return cls(f"{field} {value} is taken")


class RowsRefused(ValueError):
    """Rows are at fault, and nothing was written; features name the reasons by subclasses."""

    def __init__(self, message: str, faults: Mapping[str, str]) -> None:
        """Take the reason as a whole, and by field, such as `3.email`, that of each row."""
        super().__init__(message)
        self.faults = faults


class RowsConflict(RowsRefused):
    """Rows have values that have to be unique: those of other rows; HTTP has 409 for it."""

    @classmethod
    def taken(cls, field: str, value_by_row: Mapping[int, object]) -> Self:
        """Return the error of values that rows in the database have."""
        faults = {
            f"{at}.{field}": f"{field} {value} is taken" for at, value in value_by_row.items()
        }
        return cls(f"taken {field}: {len(faults)}; nothing was written", faults)

    @classmethod
    def repeated(cls, field: str, value_by_row: Mapping[int, object]) -> Self:
        """Return the error of values that rows before them have."""
        faults = {
            f"{at}.{field}": f"{field} {value} is in a row before"
            for at, value in value_by_row.items()
        }
        return cls(f"repeated {field}: {len(faults)}; nothing was written", faults)


class KeysRepeated(RowsRefused):
    """Rows name the rows of others before them; HTTP has 422 for it."""

    @classmethod
    def of(cls, name: str, key: str, value_by_row: Mapping[int, object]) -> Self:
        """Return the error of keys that are there more than once."""
        faults = {
            f"{at}.{key}": f"{name} {value} is in a row before"
            for at, value in value_by_row.items()
        }
        return cls(f"repeated {key}: {len(faults)}; nothing was written", faults)


def is_schema_missing(error: Exception) -> bool:
    """Tell whether a table or a column is missing, as before a migration."""
    reason = getattr(error, "orig", error)
    state = getattr(reason, "sqlstate", None)
    if state is not None:
        return state in _UNDEFINED
    return any(part in str(reason) for part in _NO_SUCH)
