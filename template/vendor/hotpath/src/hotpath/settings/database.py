"""Settings of the database and its connection pool."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, SecretStr

from hotpath.settings.urls import check_sqlite_url, parse_postgres_url


def _is_postgres_url(url: SecretStr) -> SecretStr:
    parse_postgres_url(url.get_secret_value())
    return url


def _is_sqlite_url(url: SecretStr) -> SecretStr:
    check_sqlite_url(url.get_secret_value())
    return url


class DatabaseSettings(BaseModel, extra="forbid", defer_build=True):
    """One connection pool per process; `url` says which database."""

    url: SecretStr
    """Where the database is."""

    pool_size: Annotated[int, Field(ge=1, le=1000)] = 5
    """Connections kept per process."""

    max_overflow: Annotated[int, Field(ge=0, le=1000)] = 5
    """Connections beyond pool_size, closed when returned; for short peaks."""

    dedicated_connections: Annotated[int, Field(ge=0, le=100)] = 2
    """Connections beside the pool for prepared statements; 0 runs these on the pool, at 5 times the
    time."""

    pool_wait_s: Annotated[float, Field(gt=0)] = 2.0
    """Seconds a request waits for a connection before it is answered 503."""

    slow_query_s: Annotated[float, Field(ge=0)] = 0.5
    """Seconds past which a statement is logged, without its parameters; `inf` for never."""

    batch_size: Annotated[int, Field(ge=1, le=10_000)] = 256
    """Keys looked up by one query; a batch with as many is sent at once. More gain no speed."""

    batch_wait_s: Annotated[float, Field(gt=0)] = 15.0
    """Seconds a batch may take from its first key on, then 503; above what a query may take."""

    ping_timeout_s: Annotated[float, Field(gt=0)] = 1.0
    """Seconds the database has to respond, or `/readyz` responds 503."""


class SqliteSettings(DatabaseSettings):
    """One file, many readers, one writer at a time."""

    url: Annotated[SecretStr, AfterValidator(_is_sqlite_url)] = SecretStr("sqlite:///app.db")
    """sqlite:///relative/path.db or sqlite:////absolute/path.db"""

    busy_timeout_s: Annotated[float, Field(gt=0)] = 5.0
    """Seconds a writer waits for the one before it."""


class PostgresSettings(DatabaseSettings):
    """A server, shared by all processes."""

    url: Annotated[SecretStr, AfterValidator(_is_postgres_url)] = SecretStr(
        "postgresql://postgres@127.0.0.1:5432/app"
    )
    """postgresql://user:password@host:port/database, and ?sslmode=require for TLS"""

    pool_size: Annotated[int, Field(ge=1, le=1000)] = 6
    """Connections kept per process.

    processes * (this + overflow + dedicated) <= max_connections - reserved."""

    dedicated_connections: Annotated[int, Field(ge=0, le=100)] = 4
    """Connections beside the pool for prepared statements; 0 runs these on the pool, at 5 times the
    time. They count as the pool's do. There are none behind PgBouncer."""

    recycle_s: int = 1800
    """Seconds after which a connection is replaced; below the idle limit of any proxy."""

    pre_ping: bool = True
    """Test a connection when it is taken; one round trip, and a server restart goes unnoticed."""

    connect_timeout_s: Annotated[float, Field(gt=0)] = 3.0
    """Seconds to open a connection."""

    statement_timeout_s: Annotated[float, Field(gt=0)] = 10.0
    """Seconds after which the server cancels a statement; the client gives up 1 s later."""

    statement_cache_size: Annotated[int, Field(ge=0)] = 512
    """Prepared statements kept per connection."""

    pgbouncer: bool = False
    """Behind it in transaction pooling: nothing outlives a transaction on a server connection, so
    statements are prepared without a name and limits are set in each transaction: a round trip."""

    application_name: str = ""
    """Shown in pg_stat_activity; empty for the name of the service."""
