# Generated from hotpath/aio/db/engine.py by extensions/blocking.py; do not edit.
"""The engine of a process and its one connection pool, measured: how full it is, who waits."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from threading import Lock
from time import perf_counter

from sqlalchemy import (
    URL,
    Engine,
    Pool,
    PoolProxiedConnection,
    QueuePool,
    create_engine,
    event,
    text,
)
from sqlalchemy.exc import SQLAlchemyError, TimeoutError
from sqlalchemy.pool import ConnectionPoolEntry

from hotpath.blocking.db.drivers import driver_for
from hotpath.db.errors import is_schema_missing
from hotpath.db.revisions import READ_APPLIED, Revisions
from hotpath.observability.logs import get_logger
from hotpath.observability.metrics import Metrics
from hotpath.observability.request_context import REQUEST
from hotpath.settings import DatabaseSettings, PostgresSettings, ServiceSettings

NEARLY_FULL = 0.8
CALM = 0.5
"""Shares of the pool in use: a warning is due at the first, and due again only after the second."""


@contextmanager
def open_engine(settings: DatabaseSettings, pool: type[QueuePool] = QueuePool) -> Iterator[Engine]:
    """Open a pool; connections are made on first use and closed at the end."""
    driver = driver_for(settings)
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
    """Return the URL with the driver, whatever its spelling."""
    driver = driver_for(settings)
    return driver.SQL.database_url(driver.DRIVERNAME, settings)


def check_pools(settings: DatabaseSettings, processes: int) -> None:
    """Log a warning when `processes` pools may want more connections than the server has.

    Nothing is checked with SQLite, whose file has no such limit, behind PgBouncer, which queues
    instead, or while the database is unavailable.
    Cost: one connection, closed again; at most `connect_timeout_s`.
    """
    if not isinstance(settings, PostgresSettings) or settings.pgbouncer:
        return
    from hotpath.db.postgres import AVAILABLE_CONNECTIONS  # noqa: PLC0415 - of this database alone

    try:
        with open_engine(settings) as engine, engine.connect() as connection:
            available = int(connection.scalars(AVAILABLE_CONNECTIONS).one())
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


def check_schema(settings: ServiceSettings) -> None:
    """Log a warning when the database lacks revisions of this code; not while it is unavailable.

    Cost: one connection, closed again; at most `connect_timeout_s`.
    """
    service = settings.service
    try:
        with open_engine(settings.db) as engine, engine.connect() as connection:
            applied = frozenset(connection.scalars(text(READ_APPLIED)))
    except (SQLAlchemyError, OSError) as error:
        if not is_schema_missing(error):
            return
        applied = frozenset()
    revisions = Revisions.of(service)
    if revisions.are_known and revisions.are_missing_in(applied):
        get_logger().warning("schema behind", remedy=f"{service.distribution} db upgrade")


@dataclass(frozen=True)
class PoolState:
    """Connections of one process, and callers without one."""

    size: int
    max_overflow: int
    in_use: int
    idle: int
    overflow: int
    waiting: int


class PoolStats:
    """Counts what a pool does, for Prometheus and for `/debug/pools`; thread-safe."""

    def __init__(self, size: int, max_overflow: int, metrics: Metrics) -> None:
        self._size = size
        self._max_overflow = max_overflow
        self._metrics = metrics
        self._lock = Lock()
        self._out: set[ConnectionPoolEntry] = set()
        self._opened = 0
        self._waiting = 0
        self._is_nearly_full = False
        self._waits = metrics.pool_wait_seconds
        metrics.on_flush(self._publish)

    def state(self) -> PoolState:
        """Return the stats of this moment."""
        in_use = len(self._out)
        return PoolState(
            size=self._size,
            max_overflow=self._max_overflow,
            in_use=in_use,
            idle=self._opened - in_use,
            overflow=max(0, self._opened - self._size),
            waiting=self._waiting,
        )

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Time a caller until it has a connection; count those that get none."""
        started = perf_counter()
        self._change(waiting=1)
        try:
            yield
        except BaseException as error:
            self._change(waiting=-1)
            self._count(error)
            raise
        waited_s = perf_counter() - started
        self._waits.add(waited_s)
        request = REQUEST.get(None)
        if request is not None:
            request.waiting().database_s += waited_s

    def listen(self, pool: Pool) -> None:
        """Listen to every connection that is opened, checked out, checked in or closed."""
        for name in ("close", "detach"):
            event.listen(pool, name, lambda *_: self._change(opened=-1))
        event.listen(pool, "connect", lambda *_: self._change(opened=1))
        event.listen(pool, "checkout", self._checked_out)
        event.listen(pool, "checkin", self._checked_in)

    def _count(self, error: BaseException) -> None:
        if isinstance(error, TimeoutError):
            self._metrics.pool_timeouts.inc()
        elif isinstance(error, Exception):
            self._metrics.connect_errors.inc()

    def _checked_out(self, _: object, entry: ConnectionPoolEntry, __: object) -> None:
        self._out.add(entry)
        self._change(waiting=-1)

    def _checked_in(self, _: object, entry: ConnectionPoolEntry) -> None:
        self._out.discard(entry)  # not in it when it broke before it was handed out
        self._change()

    def _change(self, opened: int = 0, waiting: int = 0) -> None:
        with self._lock:
            self._opened += opened
            self._waiting += waiting
            state = self.state()
            is_news = self._notice(state)
        if is_news:
            get_logger().warning("pool nearly full", **asdict(state))

    def _notice(self, state: PoolState) -> bool:
        """Tell whether this change makes the pool nearly full."""
        share = state.in_use / (self._size + self._max_overflow)
        was_nearly_full = self._is_nearly_full
        self._is_nearly_full = share >= NEARLY_FULL or (was_nearly_full and share > CALM)
        return self._is_nearly_full and not was_nearly_full

    def _publish(self) -> None:
        state = self.state()
        self._metrics.pool_max.set(state.size + state.max_overflow)
        self._metrics.pool_in_use.set(state.in_use)
        self._metrics.pool_idle.set(state.idle)
        self._metrics.pool_overflow.set(state.overflow)
        self._metrics.pool_waiters.set(state.waiting)


def instrumented_pool(stats: PoolStats) -> type[QueuePool]:
    """Return a class of pools that report every wait to `stats`."""
    # A pool of SQLAlchemy's own module would keep to warnings as well.
    logging.getLogger(f"{__name__}.MeasuredPool").setLevel(logging.WARNING)

    class MeasuredPool(QueuePool):
        def connect(self) -> PoolProxiedConnection:
            with stats.waiting():
                return super().connect()

    return MeasuredPool
