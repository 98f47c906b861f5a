"""aiosqlite: how connections are opened, and how one runs a prepared statement."""

import asyncio
import sqlite3
from collections.abc import Sequence
from typing import Any, TypeAlias

import aiosqlite
from sqlalchemy.dialects.sqlite import aiosqlite as sqlalchemy_aiosqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hotpath.db import sqlite as sql
from hotpath.db.query_log import QueryLog, watch_engine
from hotpath.db.sqlite import CountingCursor, PatientConnection, configure
from hotpath.settings import SqliteSettings

SQL = sql
"""The dialect, whatever the driver."""

DRIVERNAME = "sqlite+aiosqlite"
ERRORS = (sqlite3.Error,)
"""Of the driver."""

DriverConnection: TypeAlias = aiosqlite.Connection
DIALECT = sqlalchemy_aiosqlite.dialect()
"""For the text of statements; it never connects."""

_AGAIN_S = 0.01
"""Seconds until a statement that had not begun when it was interrupted is interrupted again."""

NEEDS_NO_CONVERSION = ()
"""Types whose values the driver returns as they are to be: SQLite keeps times as text."""

autocommit_options = sql.autocommit_options
dedicated_connections = sql.dedicated_connections
is_transient_error = sql.is_transient_error


async def driver_connection(connection: AsyncConnection) -> DriverConnection:
    """Return what is beneath a connection of SQLAlchemy's; it keeps no transaction open."""
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, DriverConnection)  # noqa: S101 - the engine's driver is aiosqlite
    return driver


async def run(
    connection: DriverConnection, text: str, arguments: tuple[Any, ...]
) -> Sequence[Sequence[Any]]:
    """Run a statement and read all its rows, in one visit to the connection's thread."""
    try:
        return list(await connection.execute_fetchall(text, arguments))
    except sqlite3.IntegrityError as error:
        raise IntegrityError(text, None, error, hide_parameters=True) from error


def is_open(connection: DriverConnection) -> bool:
    """Tell whether the connection may still be used, as far as this side knows."""
    return True


async def abandon(connection: DriverConnection) -> None:
    """End what a connection is in the middle of, or about to begin: what is queued runs first."""
    is_idle = asyncio.ensure_future(connection.set_trace_callback(lambda _: None))
    while not is_idle.done():
        await connection.interrupt()
        await asyncio.wait({is_idle}, timeout=_AGAIN_S)


class _Connection(PatientConnection):
    def cursor(self, factory: Any = CountingCursor) -> Any:
        return super().cursor(factory)


def pool_options(settings: SqliteSettings) -> dict[str, Any]:
    """Return what `create_async_engine` needs beyond the URL."""
    return {
        "connect_args": {
            "timeout": settings.busy_timeout_s,
            "isolation_level": None,
            "factory": _Connection,
        }
    }


def prepare(engine: AsyncEngine, settings: SqliteSettings) -> None:
    """Set SQLite's pragmas on every new connection."""
    configure(engine.sync_engine)


def watch(engine: AsyncEngine, statements: QueryLog) -> None:
    """Tell `statements` of every statement: all rows are read when `execute` returns."""
    watch_engine(engine.sync_engine, statements)
