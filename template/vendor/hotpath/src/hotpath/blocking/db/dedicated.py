# Generated from hotpath/aio/db/dedicated.py by extensions/blocking.py; do not edit.
"""Dedicated driver connections: a prepared statement on one costs a fraction of a session.

They come from a pool of SQLAlchemy's beside that of the sessions, so that they are opened, limited
and tested like all others; they are cheap since they are not returned after each statement.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hotpath.blocking.db.drivers import Driver, driver_for
from hotpath.blocking.db.engine import open_engine
from hotpath.blocking.resource_pool import ResourcePool
from hotpath.db.prepared import CompiledStatement, Rows
from hotpath.db.query_log import QueryLog
from hotpath.observability.metrics import Metrics
from hotpath.settings import DatabaseSettings

TESTED_AFTER_S = 1.0
"""A connection that did nothing for so long is tested before it is used."""

RENEWED_AFTER_S = 60.0
"""A connection that is always busy is returned so often; the pool replaces it when it is old."""


class _Connection:
    """One of them, which is opened on first use; one statement at a time."""

    def __init__(self) -> None:
        self.pooled: Connection | None = None
        self.driver: Any = None
        """The driver's connection; None if it is not open."""
        self.test_at = 0.0
        self.renew_at = 0.0


@dataclass(frozen=True)
class DedicatedState:
    """Dedicated connections of one process, and callers without one."""

    size: int
    in_use: int
    open: int
    waiting: int


class DedicatedConnections:
    """Runs single statements, each in a transaction of its own, on connections of this process."""

    def __init__(  # noqa: PLR0913 - each is a part of its own
        self,
        engine: Engine,
        driver: Driver,
        settings: DatabaseSettings,
        statements: QueryLog,
        metrics: Metrics,
        *,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self._clock = clock
        self._engine = engine
        self._driver = driver
        self._settings = settings
        self._statements = statements
        self._metrics = metrics
        self._waits = metrics.pool_wait_seconds
        self._connections = [_Connection() for _ in range(driver.dedicated_connections(settings))]
        self._pool = ResourcePool(self._connections)
        metrics.on_flush(self._publish)

    def state(self) -> DedicatedState:
        """Return the figures of this moment."""
        return DedicatedState(
            size=len(self._connections),
            in_use=len(self._connections) - self._pool.free,
            open=sum(connection.pooled is not None for connection in self._connections),
            waiting=self._pool.waiting,
        )

    def fetch(self, statement: CompiledStatement, arguments: tuple[Any, ...]) -> Rows:
        """Run a statement and return all its rows, as the driver has them.

        A read whose connection turns out to be dead is run once more, on a new one.

        Raises:
            sqlalchemy.exc.TimeoutError: all were in use for `pool_wait_s`.
            Exception: as the driver has it; a violated constraint as SQLAlchemy's.
        Cost: 1 round trip; 1 more after a pause of `TESTED_AFTER_S`.
        """
        asked = perf_counter()
        connection = self._acquire()
        try:
            started = perf_counter()
            self._waits.add(started - asked)
            try:
                return self._run(connection, statement, arguments)
            except Exception as error:
                took_s = perf_counter() - started
                is_sudden = (
                    self._driver.is_transient_error(error)
                    and took_s < self._settings.ping_timeout_s
                )
                if not (statement.is_read and is_sudden and connection.driver is None):
                    raise
                return self._run(connection, statement, arguments)
        finally:
            self._pool.release(connection)

    def close(self) -> None:
        """Close the connections that nobody uses."""
        while self._pool.free:
            connection = self._pool.acquire(0)
            _return_to_pool(connection)
        self._metrics.dedicated_open.set(0)

    def _publish(self) -> None:
        self._metrics.dedicated_in_use.set(len(self._connections) - self._pool.free)
        self._metrics.dedicated_waiters.set(self._pool.waiting)

    def _acquire(self) -> _Connection:
        try:
            return self._pool.acquire(self._settings.pool_wait_s)
        except TimeoutError:
            self._metrics.pool_timeouts.inc()
            raise PoolTimeout(
                f"no dedicated connection in {self._settings.pool_wait_s} s"
            ) from None

    def _run(
        self, connection: _Connection, statement: CompiledStatement, arguments: tuple[Any, ...]
    ) -> Rows:
        driver = connection.driver
        if driver is not None and not self._driver.is_open(driver):
            driver = connection.driver = None
        if driver is None or self._clock() >= connection.test_at:
            driver = self._renew(connection)
        started = self._clock()
        rows: Rows | None = None
        failure: BaseException | None = None
        try:
            rows = self._driver.run(driver, statement.text, arguments)
            return rows
        except Exception as error:
            failure = error
            if not self._driver.is_open(driver) or isinstance(error, TimeoutError):
                self._abandon(connection, driver)
            raise
        except BaseException as error:  # what the server is doing now, nobody waits for
            failure = error
            self._abandon(connection, driver)
            raise
        finally:
            ended = self._clock()
            connection.test_at = min(ended + TESTED_AFTER_S, connection.renew_at)
            count = None if rows is None else len(rows)
            self._statements.ended(statement.text, ended - started, count, failure)

    def _abandon(self, connection: _Connection, driver: Any) -> None:
        connection.driver = None
        self._driver.abandon(driver)

    def _renew(self, connection: _Connection) -> Any:
        """Return a connection to its pool and take one, which the pool tests or opens."""
        _return_to_pool(connection)
        try:
            pooled = self._engine.connect()
        except Exception:
            self._metrics.connect_errors.inc()
            raise
        connection.pooled = pooled
        self._metrics.dedicated_open.set(self.state().open)
        connection.driver = self._driver.driver_connection(pooled)
        connection.renew_at = self._clock() + RENEWED_AFTER_S
        return connection.driver


def _return_to_pool(connection: _Connection) -> None:
    pooled, connection.pooled = connection.pooled, None
    if pooled is None:
        return
    if connection.driver is None:
        pooled.invalidate()
    connection.driver = None
    pooled.close()


@contextmanager
def open_dedicated(
    settings: DatabaseSettings, statements: QueryLog, metrics: Metrics
) -> Iterator[DedicatedConnections | None]:
    """Open the dedicated connections, each on first use; None where there are to be none."""
    driver = driver_for(settings)
    size = driver.dedicated_connections(settings)
    if not size:
        yield None
        return
    own = settings.model_copy(update={"pool_size": size, "max_overflow": 0})
    with open_engine(own) as engine:
        dedicated = DedicatedConnections(engine, driver, settings, statements, metrics)
        try:
            yield dedicated
        finally:
            dedicated.close()
