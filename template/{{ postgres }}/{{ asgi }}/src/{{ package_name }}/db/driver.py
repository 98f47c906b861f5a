"""asyncpg: how a connection is opened."""

from typing import Any
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncEngine

from .settings import DatabaseSettings
from .statements import Statements, watch_engine

PACKAGE = __package__.partition(".")[0]
DRIVERNAME = "postgresql+asyncpg"


def pool_options(settings: DatabaseSettings) -> dict[str, Any]:
    """Return what `create_async_engine` needs beyond the URL."""
    return {
        "pool_recycle": settings.recycle_s,
        "pool_pre_ping": settings.pre_ping,
        "connect_args": _connect_args(settings),
    }


def prepare(engine: AsyncEngine, settings: DatabaseSettings) -> None:
    """Nothing to prepare: all of it travels in the connect arguments."""


def watch(engine: AsyncEngine, statements: Statements) -> None:
    """Tell `statements` of every statement."""
    watch_engine(engine.sync_engine, statements)


def _connect_args(settings: DatabaseSettings) -> dict[str, Any]:
    return {
        "timeout": settings.connect_timeout_s,
        "server_settings": {
            "application_name": settings.application_name or PACKAGE,
            "statement_timeout": str(round(settings.statement_timeout_s * 1000)),
            "jit": "off",
            "tcp_keepalives_idle": "60",
        },
        **_statement_args(settings),
    }


def _statement_args(settings: DatabaseSettings) -> dict[str, Any]:
    if settings.pgbouncer:
        return {
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": lambda: f"__asyncpg_{uuid4()}__",
        }
    size = settings.statement_cache_size
    return {"statement_cache_size": size, "prepared_statement_cache_size": size}
