"""One statement on a connection of aiosqlite's own."""

import sqlite3
from collections.abc import Sequence
from typing import Any, TypeAlias

import aiosqlite
from sqlalchemy.dialects.sqlite import aiosqlite as sqlalchemy_aiosqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

DriverConnection: TypeAlias = aiosqlite.Connection
DIALECT = sqlalchemy_aiosqlite.dialect()
"""For the text of statements; it never connects."""

NEEDS_NO_CONVERSION = ()
"""Types whose values the driver gives as they are to be: SQLite keeps times as text."""


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
    """Let go at once of a connection that may be in the middle of something."""
    await connection.interrupt()
