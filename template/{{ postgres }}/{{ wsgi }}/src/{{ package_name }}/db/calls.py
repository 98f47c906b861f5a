"""One statement on a connection of psycopg's own."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import psycopg
from sqlalchemy import Connection as PooledConnection
from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql import psycopg as sqlalchemy_psycopg
from sqlalchemy.exc import IntegrityError

from .limits import Connection

DriverConnection: TypeAlias = Connection
_make_dialect: Any = sqlalchemy_psycopg.dialect  # it has no types
DIALECT: Dialect = _make_dialect(paramstyle="format")
"""For the text of statements; it never connects."""

NEEDS_NO_CONVERSION = ()
"""Types whose values the driver gives as they are to be: its times are in the server's zone."""


def driver_connection(connection: PooledConnection) -> DriverConnection:
    """Return what is beneath a connection of SQLAlchemy's; it keeps no transaction open."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, DriverConnection)  # noqa: S101 - `limits.py` opens no other
    driver.autocommit = True
    return driver


def run(
    connection: DriverConnection, text: str, arguments: tuple[Any, ...]
) -> Sequence[Sequence[Any]]:
    """Run a statement that the server has prepared, if it is not the first time."""
    try:
        cursor = connection.execute(text, arguments, prepare=True, binary=True)
    except psycopg.IntegrityError as error:
        raise IntegrityError(text, None, error, hide_parameters=True) from error
    return cursor.fetchall() if cursor.description else ()


def is_open(connection: DriverConnection) -> bool:
    """Tell whether the connection may still be used, as far as this side knows."""
    return not connection.closed


def abandon(connection: DriverConnection) -> None:
    """Let go at once of a connection that may be in the middle of something."""
    connection.close()
