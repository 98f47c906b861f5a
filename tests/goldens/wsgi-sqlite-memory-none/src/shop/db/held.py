"""Driver connections that are held between calls: a statement on one costs a fraction of a session.

They come from a pool of SQLAlchemy's beside that of the sessions, so that they are opened, limited
and tested like all others; what makes them cheap is that they are not given back each time. Why
they are a set of their own, measured: the template's decision 11.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ..observability.metrics import Metrics
from .calls import DriverConnection, abandon, driver_connection, is_open, run
from .engine import open_engine
from .losses import is_lost
from .prepared import Prepared, Rows
from .settings import DatabaseSettings
from .slots import Slots
from .statements import Statements
from .transactions import held_connections

TESTED_AFTER_S = 1.0
"""A connection that did nothing for so long is tested before it is used."""

RENEWED_AFTER_S = 60.0
"""A connection that is always busy is given back so often; the pool replaces it when it is old."""


class _Seat:
    """A place for a connection; one call at a time."""

    def __init__(self) -> None:
        self.connection: Connection | None = None
        self.driver: DriverConnection | None = None
        self.test_at = 0.0
        self.renew_at = 0.0


@dataclass(frozen=True)
class HeldState:
    """Held connections of one process, and callers without one."""

    size: int
    in_use: int
    open: int
    waiting: int


class HeldConnections:
    """Runs single statements, each in a transaction of its own, on connections of this process."""

    def __init__(
        self,
        engine: Engine,
        settings: DatabaseSettings,
        statements: Statements,
        metrics: Metrics,
        *,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self._clock = clock
        self._engine = engine
        self._settings = settings
        self._statements = statements
        self._metrics = metrics
        self._waits = metrics.distribution(metrics.pool_wait_seconds)
        self._seats = [_Seat() for _ in range(settings.held_connections)]
        self._slots = Slots(self._seats)

    def state(self) -> HeldState:
        """Return the figures of this moment."""
        return HeldState(
            size=len(self._seats),
            in_use=len(self._seats) - self._slots.free,
            open=sum(seat.connection is not None for seat in self._seats),
            waiting=self._slots.waiting,
        )

    def fetch(self, statement: Prepared, arguments: tuple[Any, ...]) -> Rows:
        """Run a statement and return all its rows, as the driver has them.

        A read whose connection turns out to be dead is run once more, on a new one.

        Raises:
            sqlalchemy.exc.TimeoutError: all were in use for `pool_wait_s`.
            Exception: as the driver has it; a violated constraint as SQLAlchemy's.
        Cost: 1 round trip; 1 more after a pause of `TESTED_AFTER_S`.
        """
        asked = perf_counter()
        seat = self._taken()
        try:
            started = perf_counter()
            self._waits.add(started - asked)
            try:
                return self._run(seat, statement, arguments)
            except Exception as error:
                took_s = perf_counter() - started
                is_sudden = is_lost(error) and took_s < self._settings.ping_timeout_s
                if not (statement.is_read and is_sudden and seat.driver is None):
                    raise
                return self._run(seat, statement, arguments)
        finally:
            self._slots.give(seat)

    def close(self) -> None:
        """Close the connections that nobody uses."""
        while self._slots.free:
            seat = self._slots.take(0)
            _give_back(seat)
        self._metrics.held_open.set(0)

    def _taken(self) -> _Seat:
        try:
            return self._slots.take(self._settings.pool_wait_s)
        except TimeoutError:
            self._metrics.pool_timeouts.inc()
            raise PoolTimeout(f"no held connection in {self._settings.pool_wait_s} s") from None

    def _run(self, seat: _Seat, statement: Prepared, arguments: tuple[Any, ...]) -> Rows:
        driver = seat.driver
        if driver is not None and not is_open(driver):
            driver = seat.driver = None
        if driver is None or self._clock() >= seat.test_at:
            driver = self._renew(seat)
        started = self._clock()
        rows: Rows | None = None
        try:
            rows = run(driver, statement.text, arguments)
            return rows
        except Exception as error:
            if not is_open(driver) or isinstance(error, TimeoutError):
                _abandon(seat, driver)
            raise
        except BaseException:  # what the server is doing now, nobody waits for
            _abandon(seat, driver)
            raise
        finally:
            ended = self._clock()
            seat.test_at = min(ended + TESTED_AFTER_S, seat.renew_at)
            count = None if rows is None else len(rows)
            self._statements.ended(statement.text, ended - started, count)

    def _renew(self, seat: _Seat) -> DriverConnection:
        """Give a connection back, and take one: the pool tests it, or opens another."""
        _give_back(seat)
        try:
            connection = self._engine.connect()
        except Exception:
            self._metrics.connect_errors.inc()
            raise
        seat.connection = connection
        self._metrics.held_open.set(self.state().open)
        seat.driver = driver_connection(connection)
        seat.renew_at = self._clock() + RENEWED_AFTER_S
        return seat.driver


def _abandon(seat: _Seat, driver: DriverConnection) -> None:
    seat.driver = None
    abandon(driver)


def _give_back(seat: _Seat) -> None:
    connection, seat.connection = seat.connection, None
    if connection is None:
        return
    if seat.driver is None:
        connection.invalidate()
    seat.driver = None
    connection.close()


@contextmanager
def open_held(
    settings: DatabaseSettings, statements: Statements, metrics: Metrics
) -> Iterator[HeldConnections | None]:
    """Open the held connections, each on first use; None where there are to be none."""
    size = held_connections(settings)
    if not size:
        yield None
        return
    own = settings.model_copy(update={"pool_size": size, "max_overflow": 0})
    with open_engine(own) as engine:
        held = HeldConnections(engine, settings, statements, metrics)
        try:
            yield held
        finally:
            held.close()
