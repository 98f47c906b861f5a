"""aiosqlite: how a connection is opened."""

import sqlite3
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from .cursors import CountingCursor
from .pragmas import configure
from .settings import DatabaseSettings
from .statements import Statements, watch_engine

DRIVERNAME = "sqlite+aiosqlite"


class _Connection(sqlite3.Connection):
    def cursor(self, factory: Any = CountingCursor) -> Any:
        return super().cursor(factory)


def pool_options(settings: DatabaseSettings) -> dict[str, Any]:
    """Return what `create_async_engine` needs beyond the URL."""
    return {
        "connect_args": {
            "timeout": settings.busy_timeout_s,
            "isolation_level": None,
            "factory": _Connection,
        }
    }


def prepare(engine: AsyncEngine, settings: DatabaseSettings) -> None:
    """Set SQLite's pragmas on every new connection."""
    configure(engine.sync_engine)


def watch(engine: AsyncEngine, statements: Statements) -> None:
    """Tell `statements` of every statement: all rows are read when `execute` returns."""
    watch_engine(engine.sync_engine, statements)
