"""The database of a process, and its sessions: reading ones, and writing ones that commit."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from ..observability.logs import get_logger
from ..observability.metrics import Metrics
from . import driver
from .engine import open_engine
from .held import HeldConnections, open_held
from .losses import FAILURES, is_lost
from .ping import Ping
from .pool import PoolFigures, measured_pool
from .prepared import Prepared, Rows
from .sessions import reading_sessions, writing_sessions
from .settings import DatabaseSettings
from .statements import Statements
from .transactions import without_transaction


class DatabaseUnavailable(Exception):
    """No connection could be had, or it was lost; asking again later may work."""


class PoolExhausted(DatabaseUnavailable):
    """No connection was free within the pool's wait; the database itself may be well."""


class Database:
    """Hands out sessions on the pool of this process, and runs prepared statements."""

    def __init__(
        self,
        engine: Engine,
        pool: PoolFigures,
        held: HeldConnections | None,
        settings: DatabaseSettings,
    ) -> None:
        self.engine = engine
        self.pool = pool
        self.held = held
        self._single = engine.execution_options(**without_transaction(settings))
        self._read = reading_sessions(self._single)
        self._view = reading_sessions(engine)
        self._write = writing_sessions(engine.execution_options(is_writing=True))
        self._ping = Ping(self._ask, settings.ping_timeout_s)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session without a transaction: each statement sees what is committed then.

        Raises:
            DatabaseUnavailable: no connection within the pool's wait, or it broke.
            WriteInReadingSession: something was to be written.
        Cost: 1 round trip per statement.
        """
        with _losses_told(), self._read() as session:
            yield session

    @contextmanager
    def viewing(self) -> Iterator[Session]:
        """Open a session in a transaction that only reads, as streamed results need.

        Raises:
            DatabaseUnavailable: no connection within the pool's wait, or it broke.
            WriteInReadingSession: something was to be written.
        Cost: 2 round trips more than `reading`.
        """
        with _losses_told(), self._view() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a transaction that commits at the end, or is undone by any exception.

        Raises:
            DatabaseUnavailable: no connection within the pool's wait, or it broke.
        """
        with _losses_told(), self._write() as session, session.begin():
            yield session

    def fetch(self, statement: Prepared, values: Mapping[str, Any]) -> Rows:
        """Run one statement in a transaction of its own; return all its rows, as tuples.

        Raises:
            DatabaseUnavailable: no connection within the pool's wait, or it broke.
            sqlalchemy.exc.IntegrityError: a constraint is violated.
        Cost: 1 round trip, 0.2 of a session's time.
        """
        if self.held is None:
            return self.fetch_apart(statement, values)
        arguments = statement.arguments(values)
        try:
            return statement.rows(self.held.fetch(statement, arguments))
        except FAILURES as error:
            lost = _as_lost(error)
            if lost is None:
                raise
            raise lost from error

    def fetch_apart(self, statement: Prepared, values: Mapping[str, Any]) -> Rows:
        """Do what `fetch` does on a connection of the sessions, for a statement that takes long.

        Short ones, which share few connections, would wait for it.
        """
        arguments = statement.arguments(values)
        with _losses_told(), self._single.begin() as connection:
            result = connection.exec_driver_sql(statement.text, arguments)
            return statement.rows(result.all() if result.returns_rows else ())

    def ping(self) -> None:
        """Ask the database for nothing. Cost: 1 round trip.

        Raises:
            DatabaseUnavailable: there is no answer within `ping_timeout_s`.
        """
        with _losses_told():
            self._ping()

    def _ask(self) -> None:
        with self.reading() as session:
            session.execute(text("SELECT 1"))


@contextmanager
def open_database(settings: DatabaseSettings, metrics: Metrics) -> Iterator[Database]:
    """Open the database of this process: its pool, measured, and every statement watched."""
    figures = PoolFigures(settings.pool_size, settings.max_overflow, metrics)
    statements = Statements(settings.slow_query_s, metrics)
    with (
        open_engine(settings, measured_pool(figures)) as engine,
        open_held(settings, statements, metrics) as held,
    ):
        figures.listen(engine.pool)
        driver.watch(engine, statements)
        yield Database(engine, figures, held, settings)


@contextmanager
def _losses_told() -> Iterator[None]:
    """Turn a lost database into `DatabaseUnavailable`; other errors stay what they are."""
    try:
        yield
    except FAILURES as error:
        lost = _as_lost(error)
        if lost is None:
            raise
        raise lost from error


def _as_lost(error: Exception) -> DatabaseUnavailable | None:
    if isinstance(error, PoolTimeout):
        get_logger().warning("pool exhausted")
        return PoolExhausted("all connections to the database are in use")
    if is_lost(error):
        reason = type(error).__name__
        get_logger().warning("database unavailable", error=f"{reason}: {error}")
        return DatabaseUnavailable(f"the database does not answer ({reason})")
    return None
