"""psycopg 3: how connections are opened and tested, and how one runs a prepared statement."""

from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from psycopg.types.array import ListBinaryDumper
from sqlalchemy import Connection as PooledConnection
from sqlalchemy import Dialect, Engine, event
from sqlalchemy.dialects.postgresql import psycopg as sqlalchemy_psycopg
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import ConnectionPoolEntry

from hotpath.blocking.db.drivers.psycopg_pq import Connection, DriverConnection
from hotpath.db import postgres as sql
from hotpath.db.postgres import (
    CLIENT_CHECK_MS,
    GRACE_S,
    check_connections,
    set_in_transactions,
)
from hotpath.db.query_log import QueryLog, watch_engine
from hotpath.settings import PostgresSettings

SQL = sql
"""The dialect, whatever the driver."""

DRIVERNAME = "postgresql+psycopg"
ERRORS = (psycopg.OperationalError, psycopg.InterfaceError)
"""Of the driver: with an SQLSTATE, or about the connection."""

_make_dialect: Any = sqlalchemy_psycopg.dialect  # it has no types
DIALECT: Dialect = _make_dialect(paramstyle="format")
"""For the text of statements; it never connects."""

NEEDS_NO_CONVERSION = ()
"""Types whose values the driver returns as they are to be: its times are in the server's zone."""

_PREPARED = "prepared"

autocommit_options = sql.autocommit_options
dedicated_connections = sql.dedicated_connections


def is_transient_error(error: Exception) -> bool:
    """Tell whether asking again later may work."""
    return sql.is_transient_error(error, ERRORS)


def limit_waits(engine: Engine, settings: PostgresSettings) -> None:
    """Open connections that limit the server's silence, and test them as they are taken."""
    silence_s = settings.statement_timeout_s + GRACE_S

    @event.listens_for(engine, "do_connect")
    def connect(_: Dialect, __: ConnectionPoolEntry, args: Any, options: Any) -> Connection:
        connection = Connection.connect(*args, **options)
        connection.silence_s = silence_s
        return connection

    if settings.pre_ping:
        # A proxy answers when a server connection is free.
        limit_s = silence_s if settings.pgbouncer else settings.ping_timeout_s
        check_connections(engine, _asking(limit_s))


def _asking(limit_s: float) -> Callable[[Any], bool]:
    def is_alive(connection: Connection) -> bool:
        """Ask for nothing. Cost: 1 round trip, as there is no transaction around it."""
        usual, connection.silence_s = connection.silence_s, limit_s
        try:
            connection.autocommit = True
            connection.execute(";", prepare=False)
            connection.autocommit = False
        except psycopg.Error:
            return False
        finally:
            connection.silence_s = usual
        return True

    return is_alive


def driver_connection(connection: PooledConnection) -> DriverConnection:
    """Return what is beneath a connection of SQLAlchemy's; it keeps no transaction open."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, Connection)  # noqa: S101 - `limit_waits` opens no other
    driver.autocommit = True
    found: DriverConnection = connection.info.setdefault(_PREPARED, DriverConnection(driver))
    return found


def run(driver: DriverConnection, text: str, arguments: Sequence[Any]) -> Sequence[Sequence[Any]]:
    """Run a statement that the server has prepared, if it is not the first time."""
    try:
        return driver.run(text, arguments)
    except psycopg.IntegrityError as error:
        raise IntegrityError(text, None, error, hide_parameters=True) from error


def is_open(driver: DriverConnection) -> bool:
    """Tell whether the connection may still be used, as far as this side knows."""
    return not driver.connection.closed


def abandon(driver: DriverConnection) -> None:
    """Let go at once of a connection that may be in the middle of something."""
    driver.connection.close()


def pool_options(settings: PostgresSettings) -> dict[str, Any]:
    """Return what `create_engine` needs beyond the URL."""
    return {"pool_recycle": settings.recycle_s, "connect_args": _connect_args(settings)}


def prepare(engine: Engine, settings: PostgresSettings) -> None:
    """Limit every wait, and say with each transaction what PgBouncer does not take at connect."""
    limit_waits(engine, settings)
    if settings.pgbouncer:
        set_in_transactions(engine, settings)

    @event.listens_for(engine, "connect")
    def bound(connection: Connection, _: ConnectionPoolEntry) -> None:
        connection.prepared_max = settings.statement_cache_size
        # As text, which is its default, a list of 1,000 takes 0.6 ms instead of 0.1.
        connection.adapters.register_dumper(list, ListBinaryDumper)


def watch(engine: Engine, statements: QueryLog) -> None:
    """Tell `statements` of every statement."""
    watch_engine(engine, statements)


def _connect_args(settings: PostgresSettings) -> dict[str, Any]:
    url = sql.server_url(settings)
    hosts, ports = sql.addresses(url)
    return {
        "host": ",".join(hosts) or None,
        "port": ",".join(map(str, ports)) or None,
        "connect_timeout": max(1, round(settings.connect_timeout_s)),
        "application_name": settings.application_name,
        "keepalives": 1,
        "keepalives_idle": 60,
        **url.arguments,
        **_session_args(settings, url.arguments.get("options", "")),
    }


def _session_args(settings: PostgresSettings, given: str) -> dict[str, Any]:
    if settings.pgbouncer:
        return {"prepare_threshold": None}
    options = {
        "statement_timeout": round(settings.statement_timeout_s * 1000),
        "client_connection_check_interval": CLIENT_CHECK_MS,
        "jit": "off",
        "datestyle": "ISO",  # as `utc_text` promises
    }
    own = " ".join(f"-c {name}={value}" for name, value in options.items())
    return {"prepare_threshold": 5, "options": f"{given} {own}".strip()}
