"""sqlite3: how a connection is opened."""

from typing import Any

from sqlalchemy import Engine

from .pragmas import configure
from .settings import DatabaseSettings

DRIVERNAME = "sqlite+pysqlite"


def pool_options(settings: DatabaseSettings) -> dict[str, Any]:
    """Return what `create_engine` needs beyond the URL."""
    return {"connect_args": {"timeout": settings.busy_timeout_s, "isolation_level": None}}


def prepare(engine: Engine, settings: DatabaseSettings) -> None:
    """Set SQLite's pragmas on every new connection."""
    configure(engine)
