"""One statement on a connection of sqlite3's own."""

import sqlite3
from collections.abc import Sequence
from typing import Any, TypeAlias

from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite import pysqlite
from sqlalchemy.exc import IntegrityError

DriverConnection: TypeAlias = sqlite3.Connection
DIALECT = pysqlite.dialect()
"""For the text of statements; it never connects."""

NEEDS_NO_CONVERSION = ()
"""Types whose values the driver gives as they are to be: SQLite keeps times as text."""


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
        return sqlite3.Cursor(connection).execute(text, arguments).fetchall()
    except sqlite3.IntegrityError as error:
        raise IntegrityError(text, None, error, hide_parameters=True) from error


def is_open(connection: DriverConnection) -> bool:
    """Tell whether the connection may still be used, as far as this side knows."""
    return True


def abandon(connection: DriverConnection) -> None:
    """Let go at once of a connection that may be in the middle of something."""
    connection.interrupt()
