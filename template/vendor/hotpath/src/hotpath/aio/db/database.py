"""The database of a process, and its sessions: reading ones, and writing ones that commit."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from hotpath.aio.db.dedicated import DedicatedConnections, open_dedicated
from hotpath.aio.db.drivers import Driver, driver_for
from hotpath.aio.db.engine import PoolStats, instrumented_pool, open_engine
from hotpath.aio.db.sessions import Ping, read_only_sessions, writing_sessions
from hotpath.db.errors import DatabaseUnavailable, PoolExhausted, is_schema_missing
from hotpath.db.prepared import PreparedStatement, Rows
from hotpath.db.query_log import QueryLog
from hotpath.db.revisions import READ_APPLIED
from hotpath.db.sql import Dialect
from hotpath.observability.metrics import Metrics
from hotpath.observability.rare_warning import RareWarning
from hotpath.settings import DatabaseSettings


class Database:
    """Hands out sessions on the pool of this process, and runs prepared statements."""

    def __init__(
        self,
        engine: AsyncEngine,
        driver: Driver,
        pool: PoolStats,
        dedicated: DedicatedConnections | None,
        settings: DatabaseSettings,
    ) -> None:
        self.engine = engine
        self.pool = pool
        self.dedicated = dedicated
        self.driver = driver
        self.errors: tuple[type[Exception], ...] = (SQLAlchemyError, OSError, *driver.ERRORS)
        """What a session or a connection of the driver may raise."""

        self._single = engine.execution_options(**driver.autocommit_options(settings))
        self._read = read_only_sessions(self._single)
        self._view = read_only_sessions(engine)
        self._write = writing_sessions(engine.execution_options(is_writing=True))
        self._ping = Ping(self._ask, settings.ping_timeout_s)
        self._ask_applied = Ping(self._read_applied, settings.ping_timeout_s)
        self._applied: frozenset[str] | None = None
        self._exhausted = RareWarning("pool exhausted")
        self._unavailable = RareWarning("database unavailable")

    @property
    def sql(self) -> Dialect:
        """What this database writes differently."""
        return self.driver.SQL

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """Open a session without a transaction: each statement sees what is committed then.

        Raises:
            DatabaseUnavailable: no connection within the pool's wait, or it broke.
            WriteInReadOnlySession: something was to be written.
        Cost: 1 round trip per statement.
        """
        async with self._translating_errors(), self._read() as session:
            yield session

    @asynccontextmanager
    async def read_only_transaction(self) -> AsyncIterator[AsyncSession]:
        """Open a session in a transaction that only reads, as streamed results need.

        Raises:
            DatabaseUnavailable: no connection within the pool's wait, or it broke.
            WriteInReadOnlySession: something was to be written.
        Cost: 2 round trips more than `reading`.
        """
        async with self._translating_errors(), self._view() as session:
            yield session

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """Open a transaction that commits at the end, or is undone by any exception.

        Raises:
            DatabaseUnavailable: no connection within the pool's wait, or it broke.
        """
        async with self._translating_errors(), self._write() as session, session.begin():
            yield session

    async def fetch(self, statement: PreparedStatement, values: Mapping[str, Any]) -> Rows:
        """Run one statement in a transaction of its own; return all its rows, as tuples.

        Raises:
            DatabaseUnavailable: no connection within the pool's wait, or it broke.
            sqlalchemy.exc.IntegrityError: a constraint is violated.
        Cost: 1 round trip, 0.2 of a session's time.
        """
        if self.dedicated is None:
            return await self.fetch_pooled(statement, values)
        compiled = statement.compiled_for(self.driver)
        arguments = compiled.arguments(values)
        try:
            return compiled.rows(await self.dedicated.fetch(compiled, arguments))
        except self.errors as error:
            unavailable = self._as_unavailable(error)
            if unavailable is None:
                raise
            raise unavailable from error

    async def fetch_pooled(self, statement: PreparedStatement, values: Mapping[str, Any]) -> Rows:
        """Do what `fetch` does on a connection of the sessions, for a statement that takes long.

        Short ones, which share few connections, would wait for it.
        """
        async with self._translating_errors(), self._single.begin() as connection:
            result = await connection.execute(statement.statement, values)
            return result.all() if result.returns_rows else ()

    async def ping(self) -> None:
        """Ask the database for nothing. Cost: 1 round trip.

        Raises:
            DatabaseUnavailable: there is no answer within `ping_timeout_s`.
        """
        async with self._translating_errors():
            await self._ping()

    async def applied_revisions(self) -> frozenset[str] | None:
        """Ask to which revisions the schema has been brought; None if that may not be read.

        Raises:
            DatabaseUnavailable: there is no answer within `ping_timeout_s`.
        Cost: 1 round trip.
        """
        async with self._translating_errors():
            await self._ask_applied()
        return self._applied

    async def _read_applied(self) -> None:
        async with self.reading() as session:
            try:
                self._applied = frozenset(await session.scalars(text(READ_APPLIED)))
            except SQLAlchemyError as error:
                if self.driver.is_transient_error(error):
                    raise
                self._applied = frozenset() if is_schema_missing(error) else None

    async def _ask(self) -> None:
        async with self.reading() as session:
            await session.execute(text("SELECT 1"))

    @asynccontextmanager
    async def _translating_errors(self) -> AsyncIterator[None]:
        """Turn transient errors into `DatabaseUnavailable`; others stay what they are."""
        try:
            yield
        except self.errors as error:
            unavailable = self._as_unavailable(error)
            if unavailable is None:
                raise
            raise unavailable from error

    def _as_unavailable(self, error: Exception) -> DatabaseUnavailable | None:
        if isinstance(error, PoolTimeout):
            self._exhausted.give()
            return PoolExhausted("all connections to the database are in use")
        if self.driver.is_transient_error(error):
            reason = type(error).__name__
            self._unavailable.give(error=f"{reason}: {error}")
            return DatabaseUnavailable(f"the database does not answer ({reason})")
        return None


@asynccontextmanager
async def open_database(settings: DatabaseSettings, metrics: Metrics) -> AsyncIterator[Database]:
    """Open the database of this process: its pool, measured, and every statement watched."""
    driver = driver_for(settings)
    stats = PoolStats(settings.pool_size, settings.max_overflow, metrics)
    statements = QueryLog(settings.slow_query_s, metrics, driver.DIALECT.name)
    async with (
        open_engine(settings, instrumented_pool(stats)) as engine,
        open_dedicated(settings, statements, metrics) as dedicated,
    ):
        stats.listen(engine.pool)
        driver.watch(engine, statements)
        yield Database(engine, driver, stats, dedicated, settings)
