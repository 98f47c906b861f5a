"""psycopg 3: how a connection is opened."""

from typing import Any

import psycopg
from psycopg.types.array import ListBinaryDumper
from sqlalchemy import Engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from .limits import Connection, limit_waits
from .pgbouncer import set_in_transactions
from .settings import DatabaseSettings
from .statements import Statements, watch_engine

PACKAGE = __package__.partition(".")[0]
DRIVERNAME = "postgresql+psycopg"
ERRORS = (psycopg.OperationalError, psycopg.InterfaceError)
"""Of the driver: with an SQLSTATE, or about the connection."""


def pool_options(settings: DatabaseSettings) -> dict[str, Any]:
    """Return what `create_engine` needs beyond the URL."""
    return {"pool_recycle": settings.recycle_s, "connect_args": _connect_args(settings)}


def prepare(engine: Engine, settings: DatabaseSettings) -> None:
    """Limit every wait, and say with each transaction what PgBouncer does not take at connect."""
    limit_waits(engine, settings)
    if settings.pgbouncer:
        set_in_transactions(engine, settings)

    @event.listens_for(engine, "connect")
    def bound(connection: Connection, _: ConnectionPoolEntry) -> None:
        connection.prepared_max = settings.statement_cache_size
        # As text, which is its default, a list of 1,000 takes 0.6 ms instead of 0.1.
        connection.adapters.register_dumper(list, ListBinaryDumper)


def watch(engine: Engine, statements: Statements) -> None:
    """Tell `statements` of every statement."""
    watch_engine(engine, statements)


def _connect_args(settings: DatabaseSettings) -> dict[str, Any]:
    return {
        "connect_timeout": max(1, round(settings.connect_timeout_s)),
        "application_name": settings.application_name or PACKAGE,
        "keepalives": 1,
        "keepalives_idle": 60,
        **_session_args(settings),
    }


def _session_args(settings: DatabaseSettings) -> dict[str, Any]:
    if settings.pgbouncer:
        return {"prepare_threshold": None}
    statement_ms = round(settings.statement_timeout_s * 1000)
    return {
        "prepare_threshold": 5,
        # The style is what `utc_text` promises.
        "options": f"-c statement_timeout={statement_ms} -c jit=off -c datestyle=ISO",
    }
