"""The database of a process, and its sessions: reading ones, and writing ones that commit."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from ..observability.logs import get_logger
from ..observability.metrics import Metrics
from . import driver
from .engine import open_engine
from .losses import FAILURES, is_lost
from .ping import Ping
from .pool import PoolFigures, measured_pool
from .sessions import reading_sessions, writing_sessions
from .settings import DatabaseSettings
from .statements import Statements
from .transactions import without_transaction


class DatabaseUnavailable(Exception):
    """No connection could be had, or it was lost; asking again later may work."""


class PoolExhausted(DatabaseUnavailable):
    """No connection was free within the pool's wait; the database itself may be well."""


class Database:
    """Hands out sessions on the pool of this process."""

    def __init__(self, engine: AsyncEngine, pool: PoolFigures, settings: DatabaseSettings) -> None:
        self.engine = engine
        self.pool = pool
        self._read = reading_sessions(engine.execution_options(**without_transaction(settings)))
        self._view = reading_sessions(engine)
        self._write = writing_sessions(engine.execution_options(is_writing=True))
        self._ping = Ping(self._ask, settings.ping_timeout_s)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """Open a session without a transaction: each statement sees what is committed then.

        Raises:
            DatabaseUnavailable: no connection within the pool's wait, or it broke.
            WriteInReadingSession: something was to be written.
        Cost: 1 round trip per statement.
        """
        async with _losses_told(), self._read() as session:
            yield session

    @asynccontextmanager
    async def viewing(self) -> AsyncIterator[AsyncSession]:
        """Open a session in a transaction that only reads, as streamed results need.

        Raises:
            DatabaseUnavailable: no connection within the pool's wait, or it broke.
            WriteInReadingSession: something was to be written.
        Cost: 2 round trips more than `reading`.
        """
        async with _losses_told(), self._view() as session:
            yield session

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """Open a transaction that commits at the end, or is undone by any exception.

        Raises:
            DatabaseUnavailable: no connection within the pool's wait, or it broke.
        """
        async with _losses_told(), self._write() as session, session.begin():
            yield session

    async def ping(self) -> None:
        """Ask the database for nothing. Cost: 1 round trip.

        Raises:
            DatabaseUnavailable: there is no answer within `ping_timeout_s`.
        """
        async with _losses_told():
            await self._ping()

    async def _ask(self) -> None:
        async with self.reading() as session:
            await session.execute(text("SELECT 1"))


@asynccontextmanager
async def open_database(settings: DatabaseSettings, metrics: Metrics) -> AsyncIterator[Database]:
    """Open the database of this process: its one pool, measured, and every statement watched."""
    figures = PoolFigures(settings.pool_size, settings.max_overflow, metrics)
    async with open_engine(settings, measured_pool(figures)) as engine:
        figures.listen(engine.pool)
        driver.watch(engine, Statements(settings.slow_query_s, metrics))
        yield Database(engine, figures, settings)


@asynccontextmanager
async def _losses_told() -> AsyncIterator[None]:
    """Turn a lost database into `DatabaseUnavailable`; other errors stay what they are."""
    try:
        yield
    except FAILURES as error:
        if isinstance(error, PoolTimeout):
            get_logger().warning("pool exhausted")
            raise PoolExhausted("all connections to the database are in use") from error
        if is_lost(error):
            get_logger().warning("database unavailable", error=f"{type(error).__name__}: {error}")
            reason = type(error).__name__
            raise DatabaseUnavailable(f"the database does not answer ({reason})") from error
        raise
