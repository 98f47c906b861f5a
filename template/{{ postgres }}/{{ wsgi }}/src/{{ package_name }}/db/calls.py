"""One statement on a connection of psycopg's own, through a cursor that is kept with it."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import psycopg
from sqlalchemy import Connection as PooledConnection
from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql import psycopg as sqlalchemy_psycopg
from sqlalchemy.exc import IntegrityError

from .limits import Connection

DriverConnection: TypeAlias = psycopg.Cursor[Any]
"""Its cursor: a new one for every statement takes 20 µs, as it learns all types anew."""

_make_dialect: Any = sqlalchemy_psycopg.dialect  # it has no types
DIALECT: Dialect = _make_dialect(paramstyle="format")
"""For the text of statements; it never connects."""

NEEDS_NO_CONVERSION = ()
"""Types whose values the driver gives as they are to be: its times are in the server's zone."""


def driver_connection(connection: PooledConnection) -> DriverConnection:
    """Return what is beneath a connection of SQLAlchemy's; it keeps no transaction open."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, Connection)  # noqa: S101 - `limits.py` opens no other
    driver.autocommit = True
    return driver.cursor(binary=True)


def run(cursor: DriverConnection, text: str, arguments: tuple[Any, ...]) -> Sequence[Sequence[Any]]:
    """Run a statement that the server has prepared, if it is not the first time."""
    try:
        cursor.execute(text, arguments, prepare=True)
    except psycopg.IntegrityError as error:
        raise IntegrityError(text, None, error, hide_parameters=True) from error
    result = cursor.pgresult
    return cursor.fetchall() if result is not None and result.nfields else ()


def is_open(cursor: DriverConnection) -> bool:
    """Tell whether the connection may still be used, as far as this side knows."""
    return not cursor.connection.closed


def abandon(cursor: DriverConnection) -> None:
    """Let go at once of a connection that may be in the middle of something."""
    cursor.connection.close()
