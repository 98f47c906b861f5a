"""asyncpg: how a connection is opened."""

from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from .limits import answer_within_s, limit_waits
from .pgbouncer import set_in_transactions
from .settings import DatabaseSettings
from .statements import Statements, watch_engine

PACKAGE = __package__.partition(".")[0]
DRIVERNAME = "postgresql+asyncpg"
ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""Of the driver: with an SQLSTATE, or about the connection."""


def pool_options(settings: DatabaseSettings) -> dict[str, Any]:
    """Return what `create_async_engine` needs beyond the URL."""
    return {"pool_recycle": settings.recycle_s, "connect_args": _connect_args(settings)}


def prepare(engine: AsyncEngine, settings: DatabaseSettings) -> None:
    """Limit every wait, and say with each transaction what PgBouncer does not take at connect."""
    limit_waits(engine, settings)
    if settings.pgbouncer:
        set_in_transactions(engine.sync_engine, settings)


def watch(engine: AsyncEngine, statements: Statements) -> None:
    """Tell `statements` of every statement."""
    watch_engine(engine.sync_engine, statements)


def _connect_args(settings: DatabaseSettings) -> dict[str, Any]:
    return {
        "timeout": settings.connect_timeout_s,
        "command_timeout": answer_within_s(settings),
        "server_settings": _server_settings(settings),
        **_statement_args(settings),
    }


def _server_settings(settings: DatabaseSettings) -> dict[str, str]:
    name = {"application_name": settings.application_name or PACKAGE}
    if settings.pgbouncer:
        return name
    return {
        **name,
        "statement_timeout": str(round(settings.statement_timeout_s * 1000)),
        "jit": "off",
        "datestyle": "ISO",  # as `utc_text` promises
        "tcp_keepalives_idle": "60",
    }


def _statement_args(settings: DatabaseSettings) -> dict[str, Any]:
    # Without a cache they have no name: the next one replaces them, on whichever connection.
    size = 0 if settings.pgbouncer else settings.statement_cache_size
    return {"statement_cache_size": size, "prepared_statement_cache_size": size}
