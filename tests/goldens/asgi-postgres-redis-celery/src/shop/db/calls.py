"""One statement on a connection of asyncpg's own."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import asyncpg
from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql import asyncpg as sqlalchemy_asyncpg
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from .models import UtcDateTime

DriverConnection: TypeAlias = asyncpg.Connection
_make_dialect: Any = sqlalchemy_asyncpg.dialect  # it has no types
DIALECT: Dialect = _make_dialect()
"""For the text of statements; it never connects."""

NEEDS_NO_CONVERSION = (UtcDateTime,)
"""Types whose values the driver gives as they are to be: its times are in UTC."""


async def driver_connection(connection: AsyncConnection) -> DriverConnection:
    """Return what is beneath a connection of SQLAlchemy's; it keeps no transaction open."""
    return (await connection.get_raw_connection()).driver_connection


async def run(
    connection: DriverConnection, text: str, arguments: tuple[Any, ...]
) -> Sequence[Sequence[Any]]:
    """Run a statement that the server has prepared, if it is not the first time."""
    try:
        rows: Sequence[Sequence[Any]] = await connection.fetch(text, *arguments)
    except asyncpg.IntegrityConstraintViolationError as error:
        raise IntegrityError(text, None, error, hide_parameters=True) from error
    except asyncpg.InternalClientError:  # the server's farewell came, and its end not yet
        connection.terminate()
        raise
    return rows


def is_open(connection: DriverConnection) -> bool:
    """Tell whether the connection may still be used, as far as this side knows."""
    return not connection.is_closed()


async def abandon(connection: DriverConnection) -> None:
    """Let go at once of a connection that may be in the middle of something."""
    connection.terminate()
