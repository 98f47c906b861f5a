"""sqlite3: how connections are opened, and how one runs a prepared statement.

Cursors time statements: most of the time of a query passes while its rows are read.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Any, Self, TypeAlias

from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects.sqlite import pysqlite
from sqlalchemy.exc import IntegrityError

from hotpath.db import sqlite as sql
from hotpath.db.query_log import QueryLog
from hotpath.db.sqlite import CountingCursor, PatientConnection, configure
from hotpath.settings import SqliteSettings


class _TimedConnection(PatientConnection):
    """Tells `statements` of each statement when its cursor is closed."""

    statements: QueryLog | None = None

    def cursor(self, factory: Any = None) -> Any:
        """Return a timed cursor."""
        return super().cursor(factory or _TimedCursor)


class _TimedCursor(CountingCursor):
    """Sums up the time in which SQLite worked, not the time between two rows."""

    connection: _TimedConnection
    _text = ""
    _seconds = 0.0
    _failure: BaseException | None = None

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
            self.connection.statements.ended(self._text, self._seconds, rows, self._failure)
        self._text = ""

    @contextmanager
    def _timed(self) -> Iterator[None]:
        started = perf_counter()
        try:
            yield
        except BaseException as error:
            self._failure = error
            raise
        finally:
            self._seconds += perf_counter() - started


SQL = sql
"""The dialect, whatever the driver."""

DRIVERNAME = "sqlite+pysqlite"
ERRORS = (sqlite3.Error,)
"""Of the driver."""

DriverConnection: TypeAlias = sqlite3.Connection
DIALECT = pysqlite.dialect()
"""For the text of statements; it never connects."""

NEEDS_NO_CONVERSION = ()
"""Types whose values the driver returns as they are to be: SQLite keeps times as text."""

autocommit_options = sql.autocommit_options
dedicated_connections = sql.dedicated_connections
is_transient_error = sql.is_transient_error


def driver_connection(connection: Connection) -> DriverConnection:
    """Return what is beneath a connection of SQLAlchemy's; it keeps no transaction open."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, DriverConnection)  # noqa: S101 - the engine's driver is sqlite3
    return driver


def run(
    connection: DriverConnection, text: str, arguments: tuple[Any, ...]
) -> Sequence[Sequence[Any]]:
    """Run a statement and read all its rows."""
    try:
        return connection.execute(text, arguments).fetchall()
    except sqlite3.IntegrityError as error:
        raise IntegrityError(text, None, error, hide_parameters=True) from error


def is_open(connection: DriverConnection) -> bool:
    """Tell whether the connection may still be used, as far as this side knows."""
    return True


def abandon(connection: DriverConnection) -> None:
    """Let go at once of a connection that may be in the middle of something."""
    connection.interrupt()


def pool_options(settings: SqliteSettings) -> dict[str, Any]:
    """Return what `create_engine` needs beyond the URL."""
    return {
        "connect_args": {
            "timeout": settings.busy_timeout_s,
            "isolation_level": None,
            "factory": _TimedConnection,
        }
    }


def prepare(engine: Engine, settings: SqliteSettings) -> None:
    """Set SQLite's pragmas on every new connection."""
    configure(engine)


def watch(engine: Engine, statements: QueryLog) -> None:
    """Tell `statements` of every statement."""

    @event.listens_for(engine, "connect")
    def tell(connection: _TimedConnection, _: object) -> None:
        connection.statements = statements
