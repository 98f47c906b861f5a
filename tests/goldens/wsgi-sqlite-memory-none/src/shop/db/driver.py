"""sqlite3: how a connection is opened."""

from typing import Any

from sqlalchemy import Engine, event

from .pragmas import configure
from .settings import DatabaseSettings
from .statements import Statements
from .timing import TimedConnection

DRIVERNAME = "sqlite+pysqlite"


def pool_options(settings: DatabaseSettings) -> dict[str, Any]:
    """Return what `create_engine` needs beyond the URL."""
    return {
        "connect_args": {
            "timeout": settings.busy_timeout_s,
            "isolation_level": None,
            "factory": TimedConnection,
        }
    }


def prepare(engine: Engine, settings: DatabaseSettings) -> None:
    """Set SQLite's pragmas on every new connection."""
    configure(engine)


def watch(engine: Engine, statements: Statements) -> None:
    """Tell `statements` of every statement."""

    @event.listens_for(engine, "connect")
    def tell(connection: TimedConnection, _: object) -> None:
        connection.statements = statements
