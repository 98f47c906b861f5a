"""The engine of a process and its one connection pool."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import URL, AsyncAdaptedQueuePool, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from . import driver
from .settings import DatabaseSettings


@asynccontextmanager
async def open_engine(
    settings: DatabaseSettings, pool: type[AsyncAdaptedQueuePool] = AsyncAdaptedQueuePool
) -> AsyncIterator[AsyncEngine]:
    """Open a pool; connections are made on first use and closed at the end."""
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
    """Return the URL with this stack's driver, whatever spelling was given."""
    url = settings.url.get_secret_value().replace("postgres://", "postgresql://", 1)
    return make_url(url).set(drivername=driver.DRIVERNAME)
