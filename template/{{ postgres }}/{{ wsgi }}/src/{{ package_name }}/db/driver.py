"""psycopg 3: how a connection is opened."""

from typing import Any

from psycopg import Connection
from sqlalchemy import Engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from .settings import DatabaseSettings
from .statements import Statements, watch_engine

PACKAGE = __package__.partition(".")[0]
DRIVERNAME = "postgresql+psycopg"


def pool_options(settings: DatabaseSettings) -> dict[str, Any]:
    """Return what `create_engine` needs beyond the URL."""
    return {
        "pool_recycle": settings.recycle_s,
        "pool_pre_ping": settings.pre_ping,
        "connect_args": _connect_args(settings),
    }


def prepare(engine: Engine, settings: DatabaseSettings) -> None:
    """Bound the prepared statements of every new connection."""

    @event.listens_for(engine, "connect")
    def bound(connection: Connection[Any], _: ConnectionPoolEntry) -> None:
        connection.prepared_max = settings.statement_cache_size


def watch(engine: Engine, statements: Statements) -> None:
    """Tell `statements` of every statement."""
    watch_engine(engine, statements)


def _connect_args(settings: DatabaseSettings) -> dict[str, Any]:
    statement_ms = round(settings.statement_timeout_s * 1000)
    return {
        "connect_timeout": max(1, round(settings.connect_timeout_s)),
        "application_name": settings.application_name or PACKAGE,
        "options": f"-c statement_timeout={statement_ms} -c jit=off",
        "keepalives": 1,
        "keepalives_idle": 60,
        "prepare_threshold": None if settings.pgbouncer else 5,
    }
