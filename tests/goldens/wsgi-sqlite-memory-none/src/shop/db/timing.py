"""Cursors that time statements: here most of the time of a query passes while its rows are read."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any, Self

from .cursors import CountingCursor
from .statements import Statements


class TimedConnection(sqlite3.Connection):
    """Tells `statements` of each statement when its cursor is closed."""

    statements: Statements | None = None

    def cursor(self, factory: Any = None) -> Any:
        """Return a timed cursor."""
        return super().cursor(factory or TimedCursor)


class TimedCursor(CountingCursor):
    """Sums up the time in which SQLite worked, not the time between two rows."""

    connection: TimedConnection
    _text = ""
    _seconds = 0.0

    def execute(self, sql: str, parameters: Any = ()) -> Self:
        """Run a statement up to its first row."""
        self._text = sql
        with self._timed():
            return super().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any) -> Self:
        """Run a statement once for each of `parameters`."""
        self._text = sql
        with self._timed():
            return super().executemany(sql, parameters)

    def fetchone(self) -> Any:
        """Read a row."""
        with self._timed():
            return super().fetchone()

    def fetchmany(self, size: int | None = 1) -> list[Any]:
        """Read up to `size` rows."""
        with self._timed():
            return super().fetchmany(size)

    def fetchall(self) -> list[Any]:
        """Read the rows that are left."""
        with self._timed():
            return super().fetchall()

    def close(self) -> None:
        """End the statement."""
        rows = self.rowcount
        super().close()
        if self._text and self.connection.statements is not None:
            self.connection.statements.ended(self._text, self._seconds, rows)
        self._text = ""

    @contextmanager
    def _timed(self) -> Iterator[None]:
        started = perf_counter()
        try:
            yield
        finally:
            self._seconds += perf_counter() - started
