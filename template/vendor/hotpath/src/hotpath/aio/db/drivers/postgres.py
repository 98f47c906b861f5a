"""asyncpg: how connections are opened and tested, and how one runs a prepared statement."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias
from urllib.parse import urlencode

import asyncpg
from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql import asyncpg as sqlalchemy_asyncpg
from sqlalchemy.engine.interfaces import AdaptedConnection
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hotpath.db import postgres as sql
from hotpath.db.models import UtcDateTime
from hotpath.db.postgres import (
    CLIENT_CHECK_MS,
    GRACE_S,
    check_connections,
    set_in_transactions,
)
from hotpath.db.query_log import QueryLog, watch_engine
from hotpath.settings import PostgresSettings
from hotpath.settings.urls import ServerUrl

SQL = sql
"""The dialect, whatever the driver."""

DRIVERNAME = "postgresql+asyncpg"

ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""Of the driver: with an SQLSTATE, or about the connection."""

DriverConnection: TypeAlias = asyncpg.Connection
_make_dialect: Any = sqlalchemy_asyncpg.dialect  # it has no types
DIALECT: Dialect = _make_dialect()
"""For the text of statements; it never connects."""

NEEDS_NO_CONVERSION = (UtcDateTime,)
"""Types whose values the driver returns as they are to be: its times are in UTC."""

_STARTUP = frozenset({"application_name", "options"})
"""Arguments of a URL that are sent to the server as they are."""

autocommit_options = sql.autocommit_options
dedicated_connections = sql.dedicated_connections


def is_transient_error(error: Exception) -> bool:
    """Tell whether asking again later may work."""
    return sql.is_transient_error(error, ERRORS)


def _answer_within_s(settings: PostgresSettings) -> float:
    """Return the longest wait for the answer to a statement."""
    return settings.statement_timeout_s + GRACE_S


def limit_waits(engine: AsyncEngine, settings: PostgresSettings) -> None:
    """Test connections as they are taken; statements are timed by `command_timeout`.

    SQLAlchemy closes a connection whose statement ran into it, within 2 s more.
    """
    if settings.pre_ping:
        check_connections(engine.sync_engine, _asking(settings))


def _asking(settings: PostgresSettings) -> Callable[[AdaptedConnection], bool]:
    # A proxy answers when a server connection is free.
    limit_s = _answer_within_s(settings) if settings.pgbouncer else settings.ping_timeout_s

    def is_alive(adapted: AdaptedConnection) -> bool:
        return bool(adapted.run_async(lambda connection: _is_alive(connection, limit_s)))

    return is_alive


async def _is_alive(connection: asyncpg.Connection, limit_s: float) -> bool:
    """Ask for nothing. Cost: 1 round trip."""
    try:
        await connection.execute("SELECT 1", timeout=limit_s)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        connection.terminate()  # a farewell would wait as well
        return False
    except BaseException:
        connection.terminate()
        raise
    return True


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


def pool_options(settings: PostgresSettings) -> dict[str, Any]:
    """Return what `create_async_engine` needs beyond the URL."""
    return {"pool_recycle": settings.recycle_s, "connect_args": _connect_args(settings)}


def prepare(engine: AsyncEngine, settings: PostgresSettings) -> None:
    """Limit every wait, and say with each transaction what PgBouncer does not take at connect."""
    limit_waits(engine, settings)
    if settings.pgbouncer:
        set_in_transactions(engine.sync_engine, settings)


def watch(engine: AsyncEngine, statements: QueryLog) -> None:
    """Tell `statements` of every statement."""
    watch_engine(engine.sync_engine, statements)


def _connect_args(settings: PostgresSettings) -> dict[str, Any]:
    url = sql.server_url(settings)
    hosts, ports = sql.addresses(url)
    return {
        "host": hosts or None,
        "port": ports or None,
        "dsn": _libpq_arguments(url),
        "timeout": float(url.arguments.get("connect_timeout", settings.connect_timeout_s)),
        "command_timeout": _answer_within_s(settings),
        "server_settings": _server_settings(settings, url),
        **_statement_args(settings),
    }


def _libpq_arguments(url: ServerUrl) -> str | None:
    """Return a URL of those that asyncpg takes in a URL alone: files and modes of TLS."""
    others = url.arguments.keys() - {"connect_timeout", *_STARTUP}
    named = {name: url.arguments[name] for name in sorted(others)}
    return f"postgresql://?{urlencode(named)}" if named else None


def _server_settings(settings: PostgresSettings, url: ServerUrl) -> dict[str, str]:
    given = {name: url.arguments[name] for name in _STARTUP & url.arguments.keys()}
    named = {"application_name": settings.application_name, **given}
    if settings.pgbouncer:
        return named
    return {
        **named,
        "statement_timeout": str(round(settings.statement_timeout_s * 1000)),
        "client_connection_check_interval": str(CLIENT_CHECK_MS),
        "jit": "off",
        "datestyle": "ISO",  # as `utc_text` promises
        "tcp_keepalives_idle": "60",
    }


def _statement_args(settings: PostgresSettings) -> dict[str, Any]:
    # Without a cache they have no name: the next one replaces them, on whichever connection.
    size = 0 if settings.pgbouncer else settings.statement_cache_size
    return {"statement_cache_size": size, "prepared_statement_cache_size": size}
