"""SQLite: its INSERT, tables of values, which errors are transient, pragmas and cursors.

What is here holds for both drivers, in `aio.db.drivers` and `blocking.db.drivers`.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from time import perf_counter, sleep
from typing import Any, Self

from sqlalchemy import (
    BINARY,
    URL,
    VARBINARY,
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    LargeBinary,
    Text,
    TypeDecorator,
    bindparam,
    event,
    exc,
    func,
    select,
)
from sqlalchemy.dialects.sqlite import Insert, dialect
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from hotpath.observability.request_context import deadline
from hotpath.settings import SqliteSettings

__all__ = ["Insert", "values_params", "values_table", "values_table_params"]

_DIALECT = dialect()
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",  # readers and the writer do not block each other
    "PRAGMA synchronous=NORMAL",  # in WAL safe against a crash of the process
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",
)
_TRANSIENT = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
    }
)
_PRIMARY_CODE = 0xFF
_ATTEMPT_S = 0.02
"""SQLite asks for a lock 1, 3, 8 and 18 ms after the first time; then it is told to begin anew."""

_PAUSE_S = 0.001

_BYTES = (LargeBinary, BINARY, VARBINARY)
_FROM_HEX = "hotpath_from_hex"
"""SQLite's own `unhex` came with 3.41, which distributions of 2026 do not all have."""


def database_url(drivername: str, settings: SqliteSettings) -> URL:
    """Return the URL for SQLAlchemy: the path is taken as it is."""
    path = settings.url.get_secret_value().removeprefix("sqlite:///")
    return URL.create(drivername, database=path)


def values_table(values: Mapping[Column[Any], Sequence[Any]]) -> FromClause:
    """Return values by column as a table: `json_each(?)`, one parameter for all."""
    return _table(list(values), bindparam(None, _text(values)))


def values_table_params(columns: Sequence[Column[Any]]) -> FromClause:
    """Return the same for a prepared statement, which takes `values_params`, and `position`."""
    return _table(columns, bindparam("rows", type_=Text), with_position=True)


def values_params(columns: Sequence[Column[Any]], rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Return rows, at least one, as such a statement takes them."""
    return {"rows": _text(dict(zip(columns, zip(*rows, strict=True), strict=True)))}


def is_transient_error(error: Exception) -> bool:
    """Tell whether asking again later may work: no connection was free, or the file is locked."""
    if isinstance(error, exc.TimeoutError | TimeoutError):
        return True
    code = getattr(getattr(error, "orig", error), "sqlite_errorcode", 0)
    return code & _PRIMARY_CODE in _TRANSIENT


def autocommit_options(settings: SqliteSettings) -> dict[str, object]:
    """Return the execution options of a session without a transaction, see `configure`."""
    return {"is_without_transaction": True}


def dedicated_connections(settings: SqliteSettings) -> int:
    """Return how many connections to keep for prepared statements."""
    return settings.dedicated_connections


def configure(engine: Engine) -> None:
    """Set the pragmas, and let the engine begin transactions instead of the driver."""

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(pragma)
        cursor.close()
        connection.create_function(_FROM_HEX, 1, _from_hex, deterministic=True)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("is_without_transaction"):
            return
        # A reader that turns writer cannot wait for another writer: writers say so at once.
        is_writing = options.get("is_writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")


class PatientConnection(sqlite3.Connection):
    """Asks for the lock of the writer every few milliseconds, up to `timeout`.

    SQLite asks ever more seldom, in the end ten times a second, and whoever asks first after a
    commit is next: between processes that write all the time some writers waited for seconds.
    """

    def __init__(self, database: Any, *, timeout: float, **options: Any) -> None:
        """Connect as sqlite3 does."""
        super().__init__(database, timeout=min(timeout, _ATTEMPT_S), **options)
        self.timeout_s = timeout
        """Seconds to wait in all."""
        self.is_interrupted = False
        """Whether it was interrupted since its last statement began: a wait ends."""

    def execute(self, sql: str, parameters: Any = ()) -> Any:
        """Run a statement on a new cursor that waits: that of sqlite3's `execute` does not."""
        return CountingCursor(self).execute(sql, parameters)

    def interrupt(self) -> None:
        """End the statement that runs, or waits; from any thread."""
        self.is_interrupted = True
        super().interrupt()


class CountingCursor(sqlite3.Cursor):
    """Counts the rows it reads: sqlite3 itself counts only those it changes."""

    connection: PatientConnection
    _read = 0

    def execute(self, sql: str, parameters: Any = ()) -> Self:
        """Run a statement up to its first row; wait for the writer before it."""
        connection = self.connection
        connection.is_interrupted = False
        try:
            return super().execute(sql, parameters)
        except sqlite3.OperationalError as error:
            if not _is_to_wait(connection, error):
                raise
        give_up_at = min(perf_counter() + connection.timeout_s - _ATTEMPT_S, deadline())
        while True:
            try:
                return super().execute(sql, parameters)
            except sqlite3.OperationalError as error:
                if perf_counter() >= give_up_at or not _is_to_wait(connection, error):
                    raise
                sleep(_PAUSE_S)  # SQLite waits by itself, though not for every lock

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


def _is_to_wait(connection: PatientConnection, error: sqlite3.OperationalError) -> bool:
    """Tell whether the lock may become free: a transaction that read before never gets it."""
    is_busy = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE == sqlite3.SQLITE_BUSY
    return is_busy and not connection.in_transaction and not connection.is_interrupted


def _table(
    columns: Sequence[Column[Any]], rows: BindParameter[Any], *, with_position: bool = False
) -> FromClause:
    row = func.json_each(rows).table_valued("key", "value", name="row")
    fields = [
        _field(each, func.json_extract(row.c.value, f"$[{position}]", type_=each.type))
        for position, each in enumerate(columns)
    ]
    position = [row.c.key.label("position")] if with_position else []
    return select(*fields, *position).subquery("new_rows")


def _field(column: Column[Any], value: ColumnElement[Any]) -> ColumnElement[Any]:
    if _holds_bytes(column):
        value = func.hotpath_from_hex(value, type_=column.type)
    return value.label(column.name)


def _from_hex(text: str | None) -> bytes | None:
    return None if text is None else bytes.fromhex(text)


def _text(values: Mapping[Column[Any], Sequence[Any]]) -> str:
    stored = [_as_stored(each, listed) for each, listed in values.items()]
    return json.dumps(list(zip(*stored, strict=True)), separators=(",", ":"))


def _as_stored(column: Column[Any], values: Sequence[Any]) -> Sequence[Any]:
    store = column.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
    stored = values if store is None else [store(value) for value in values]
    if _holds_bytes(column):
        return [None if value is None else bytes(value).hex() for value in stored]
    return stored


def _holds_bytes(column: Column[Any]) -> bool:
    """Tell whether values are stored as bytes, which JSON cannot hold."""
    stored = column.type.dialect_impl(_DIALECT)
    if isinstance(stored, TypeDecorator):
        stored = stored.impl_instance
    return isinstance(stored, _BYTES)
