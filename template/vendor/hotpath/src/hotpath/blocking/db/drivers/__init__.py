# Generated from hotpath/aio/db/drivers/__init__.py by extensions/blocking.py; do not edit.
"""The drivers, one module per database, imported when a URL names theirs."""

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Any, Protocol, cast

from sqlalchemy import Connection, Engine
from sqlalchemy import Dialect as SqlalchemyDialect
from sqlalchemy.types import TypeEngine

from hotpath.db.query_log import QueryLog
from hotpath.db.sql import Dialect
from hotpath.settings import DatabaseSettings

_MODULES = {"postgresql": "postgres", "postgres": "postgres", "sqlite": "sqlite"}


class Driver(Protocol):
    """What the module of a driver has."""

    SQL: Dialect
    DRIVERNAME: str
    DIALECT: SqlalchemyDialect
    NEEDS_NO_CONVERSION: tuple[type[TypeEngine[Any]], ...]
    ERRORS: tuple[type[Exception], ...]

    def pool_options(self, settings: Any) -> dict[str, Any]:
        """Return what SQLAlchemy's engine needs beyond the URL."""
        ...

    def prepare(self, engine: Engine, settings: Any) -> None:
        """Set up every new connection."""
        ...

    def watch(self, engine: Engine, log: QueryLog) -> None:
        """Report every statement to `log`."""
        ...

    def autocommit_options(self, settings: Any) -> dict[str, object]:
        """Return the execution options of a session without a transaction."""
        ...

    def dedicated_connections(self, settings: Any) -> int:
        """Return how many connections to keep for prepared statements."""
        ...

    def is_transient_error(self, error: Exception) -> bool:
        """Tell whether asking again later may work."""
        ...

    def driver_connection(self, connection: Connection) -> Any:
        """Return the driver's connection beneath SQLAlchemy's, with no transaction open."""
        ...

    def run(
        self, connection: Any, text: str, arguments: tuple[Any, ...]
    ) -> Sequence[Sequence[Any]]:
        """Run a statement, prepared if it is not the first time; return its rows.

        Raises:
            sqlalchemy.exc.IntegrityError: a constraint is violated.
            Exception: anything else, as the driver has it.
        """
        ...

    def is_open(self, connection: Any) -> bool:
        """Tell whether the connection may still be used, as far as this side knows."""
        ...

    def abandon(self, connection: Any) -> None:
        """Close at once, or interrupt, a connection that may be in the middle of something."""
        ...


@cache
def driver_of(scheme: str) -> Driver:
    """Return the module of a URL's scheme, such as `postgresql`."""
    return cast(Driver, import_module(f"{__package__}.{_MODULES[scheme]}"))


def driver_for(settings: DatabaseSettings) -> Driver:
    """Return the module for the database of these settings."""
    return driver_of(settings.url.get_secret_value().partition(":")[0].partition("+")[0])
