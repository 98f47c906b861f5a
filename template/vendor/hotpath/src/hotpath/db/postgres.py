"""PostgreSQL: its INSERT, tables of values, which errors are transient, checks of connections.

What is here holds for every driver; drivers are in `aio.db.drivers` and `blocking.db.drivers`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    URL,
    Column,
    Connection,
    Engine,
    FromClause,
    bindparam,
    column,
    event,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import (
    DBAPIError,
    InterfaceError,
    InvalidatePoolError,
    OperationalError,
    TimeoutError,
)
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from hotpath.settings import PostgresSettings
from hotpath.settings.urls import ServerUrl, parse_postgres_url

__all__ = ["Insert", "values_params", "values_table", "values_table_params"]

AVAILABLE_CONNECTIONS = text(
    "SELECT current_setting('max_connections')::int"
    " - current_setting('superuser_reserved_connections')::int"
    " - coalesce(current_setting('reserved_connections', true)::int, 0)"
)
"""How many connections the server has for everybody but its superusers."""

CLIENT_CHECK_MS = 1000
"""Milliseconds after which the server notices in the middle of a statement that its connection was
closed, and cancels it. PostgreSQL 14 or later."""

GRACE_S = 1.0
"""What a response may take beyond the statement: a working server has cancelled it by then."""

_PORT = 5432
_IS_NEW = "is_new"
_TRANSIENT = (
    "08",  # connections: refused, broken
    "25P03",  # a session, ended because it did nothing in its transaction
    "28",  # a login is refused
    "3D",  # there is no such database
    "40",  # given up for another transaction
    "53",  # no connection, memory or disk is left
    "55P03",  # a lock is not to be had
    "57",  # stopping, starting, or a statement took too long
    "58",  # the server's system fails
)
"""Classes of SQLSTATE, and states, after which asking again later may work."""


def server_url(settings: PostgresSettings) -> ServerUrl:
    """Return the parts of the URL; what it says wins over settings of the same meaning."""
    return parse_postgres_url(settings.url.get_secret_value())


def database_url(drivername: str, settings: PostgresSettings) -> URL:
    """Return what of the URL SQLAlchemy gives to a driver; the rest are arguments to connect."""
    url = server_url(settings)
    return URL.create(drivername, url.user, url.password, database=url.path or None)


def addresses(url: ServerUrl) -> tuple[list[str], list[int]]:
    """Return hosts and ports, both empty for the driver's own."""
    is_own = not url.hosts and not any(url.ports)
    return list(url.hosts), [] if is_own else [port or _PORT for port in url.ports]


def values_table(values: Mapping[Column[Any], Sequence[Any]]) -> FromClause:
    """Return values by column as a table: `unnest($1::text[], …)`, one parameter per column."""
    lists = [bindparam(None, listed, ARRAY(each.type)) for each, listed in values.items()]
    names = [column(each.name, each.type) for each in values]
    return func.unnest(*lists).table_valued(*names, name="new_rows").render_derived()


def values_table_params(columns: Sequence[Column[Any]]) -> FromClause:
    """Return the same for a prepared statement, which takes `values_params`, and `position`."""
    lists = [bindparam(each.name, type_=ARRAY(each.type)) for each in columns]
    names = [column(each.name, each.type) for each in columns]
    unnested = func.unnest(*lists)
    table = unnested.table_valued(*names, with_ordinality="position", name="new_rows")
    return table.render_derived()


def values_params(columns: Sequence[Column[Any]], rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Return rows, at least one, as such a statement takes them."""
    lists = zip(*rows, strict=True)
    return {each.name: list(values) for each, values in zip(columns, lists, strict=True)}


def is_transient_error(error: Exception, driver_errors: tuple[type[Exception], ...]) -> bool:
    """Tell whether asking again later may work: no connection was free, could be opened or kept.

    Args:
        driver_errors: The driver's own, with an SQLSTATE or about the connection.
    """
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    state = getattr(getattr(error, "orig", error), "sqlstate", None)
    if state is not None:
        return str(state).startswith(_TRANSIENT)
    without_state = (OperationalError, InterfaceError, TimeoutError, OSError, *driver_errors)
    return isinstance(error, without_state)


def autocommit_options(settings: PostgresSettings) -> dict[str, object]:
    """Return the execution options of a session without a transaction: 1 round trip, not 3.

    psycopg would also forget its prepared statements with every ROLLBACK. Behind PgBouncer there
    has to be a transaction: only within one does a statement keep its timeout.
    """
    return {} if settings.pgbouncer else {"isolation_level": "AUTOCOMMIT"}


def dedicated_connections(settings: PostgresSettings) -> int:
    """Return how many connections to keep for prepared statements; none behind PgBouncer."""
    return 0 if settings.pgbouncer else settings.dedicated_connections


def set_in_transactions(engine: Engine, settings: PostgresSettings) -> None:
    """Set at the begin of every transaction what is otherwise set once, at connect.

    PgBouncer refuses it there, and what `SET` sets would stay for the next client. Cost: 1 round
    trip for each transaction.
    """
    statement_ms = round(settings.statement_timeout_s * 1000)
    values = {"statement_timeout": statement_ms, "jit": "off", "datestyle": "ISO"}
    calls = (f"set_config('{name}', '{value}', true)" for name, value in values.items())
    sql = f"SELECT {', '.join(calls)}"

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(sql).close()


def check_connections(engine: Engine, is_alive: Callable[[Any], bool]) -> None:
    """Replace connections that do not answer as they are taken from the pool.

    So a restarted server goes unnoticed. SQLAlchemy's own test takes three round trips with
    asyncpg, and waits for an answer as long as a statement may take. Cost: that of `is_alive`,
    but for new connections.
    """

    @event.listens_for(engine, "connect")
    def mark(_: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
        entry.info[_IS_NEW] = True

    @event.listens_for(engine, "checkout")
    def check(
        connection: DBAPIConnection, entry: ConnectionPoolEntry, _: PoolProxiedConnection
    ) -> None:
        if not entry.info.pop(_IS_NEW, False) and not is_alive(connection):
            raise InvalidatePoolError("the server does not respond")
