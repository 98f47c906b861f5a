"""Cursors that count the rows they read: sqlite3 itself counts only those it changes."""

import sqlite3
from typing import Any


class CountingCursor(sqlite3.Cursor):
    """Its `rowcount` is also right for what was read so far."""

    _read = 0

    @property
    def rowcount(self) -> int:
        """Return the number of rows changed, or else read."""
        changed = super().rowcount
        return self._read if changed < 0 else changed

    def fetchone(self) -> Any:
        """Read a row."""
        row = super().fetchone()
        self._read += row is not None
        return row

    def fetchmany(self, size: int | None = 1) -> list[Any]:
        """Read up to `size` rows."""
        rows = super().fetchmany(size)
        self._read += len(rows)
        return rows

    def fetchall(self) -> list[Any]:
        """Read the rows that are left."""
        rows = super().fetchall()
        self._read += len(rows)
        return rows
