"""The engine of a process and its one connection pool."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import URL, AsyncAdaptedQueuePool, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from hotpath.aio.db.drivers import driver_for
from hotpath.observability.logs import get_logger
from hotpath.settings import DatabaseSettings, PostgresSettings


@asynccontextmanager
async def open_engine(
    settings: DatabaseSettings, pool: type[AsyncAdaptedQueuePool] = AsyncAdaptedQueuePool
) -> AsyncIterator[AsyncEngine]:
    """Open a pool; connections are made on first use and closed at the end."""
    driver = driver_for(settings)
    engine = create_async_engine(
        database_url(settings),
        poolclass=pool,
        pool_size=settings.pool_size,
        max_overflow=settings.max_overflow,
        pool_timeout=settings.pool_wait_s,
        pool_use_lifo=True,
        hide_parameters=True,  # errors are logged; values of people are not
        **driver.pool_options(settings),
    )
    driver.prepare(engine, settings)
    try:
        yield engine
    finally:
        await engine.dispose()


def database_url(settings: DatabaseSettings) -> URL:
    """Return the URL with the driver, whatever its spelling."""
    driver = driver_for(settings)
    url = make_url(settings.url.get_secret_value().replace("postgres://", "postgresql://", 1))
    query = {driver.URL_ARGUMENTS.get(name, name): value for name, value in url.query.items()}
    return url.set(drivername=driver.DRIVERNAME, query=query)


async def check_pools(settings: DatabaseSettings, processes: int) -> None:
    """Log a warning when `processes` pools may want more connections than the server has.

    Nothing is checked with SQLite, whose file has no such limit, behind PgBouncer, which queues
    instead, or while the database is away.
    Cost: one connection, closed again; at most `connect_timeout_s`.
    """
    if not isinstance(settings, PostgresSettings) or settings.pgbouncer:
        return
    from hotpath.db.postgres import AVAILABLE_CONNECTIONS  # noqa: PLC0415 - of this database alone

    try:
        async with open_engine(settings) as engine, engine.connect() as connection:
            available = int((await connection.scalars(AVAILABLE_CONNECTIONS)).one())
    except (SQLAlchemyError, OSError) as error:
        get_logger().info("pools not checked", error=f"{type(error).__name__}: {error}")
        return
    each = settings.pool_size + settings.max_overflow + settings.dedicated_connections
    if processes * each > available:
        get_logger().warning(
            "pools do not fit",
            processes=processes,
            connections_each=each,
            connections_wanted=processes * each,
            connections_available=available,
            remedy="fewer processes, a smaller pool_size, or more max_connections",
        )
