"""The engine of a process and its one connection pool."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Engine, QueuePool, create_engine, make_url

from . import driver
from .settings import DatabaseSettings


@contextmanager
def open_engine(settings: DatabaseSettings, pool: type[QueuePool] = QueuePool) -> Iterator[Engine]:
    """Open a pool; connections are made on first use and closed at the end."""
    engine = create_engine(
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
        engine.dispose()


def database_url(settings: DatabaseSettings) -> URL:
    """Return the URL with this stack's driver, whatever spelling was given."""
    url = settings.url.get_secret_value().replace("postgres://", "postgresql://", 1)
    return make_url(url).set(drivername=driver.DRIVERNAME)
