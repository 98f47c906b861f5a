"""aiosqlite: how a connection is opened."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from .pragmas import configure
from .settings import DatabaseSettings

DRIVERNAME = "sqlite+aiosqlite"


def pool_options(settings: DatabaseSettings) -> dict[str, Any]:
    """Return what `create_async_engine` needs beyond the URL."""
    return {"connect_args": {"timeout": settings.busy_timeout_s, "isolation_level": None}}


def prepare(engine: AsyncEngine, settings: DatabaseSettings) -> None:
    """Set SQLite's pragmas on every new connection."""
    configure(engine.sync_engine)
