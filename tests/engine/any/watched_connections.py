"""Dedicated connections beside a clock that a test moves, and what they do with their pool."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from hotpath.aio.db.dedicated import DedicatedConnections
from hotpath.aio.db.drivers import Driver, driver_for
from hotpath.aio.db.engine import open_engine
from hotpath.db.prepared import PreparedStatement, Rows
from hotpath.db.query_log import QueryLog
from hotpath.observability.metrics import Metrics
from hotpath.settings import DatabaseSettings
from sqlalchemy import event


@dataclass
class Clock:
    """Seconds that go by when a test says so."""

    now_s: float = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now_s


@dataclass(frozen=True)
class Watched:
    """Dedicated connections whose pool is watched."""

    dedicated: DedicatedConnections
    driver: Driver
    clock: Clock
    seen: Counter[str] = field(default_factory=Counter)
    """How often the pool opened a connection (`connect`), and gave one out (`checkout`)."""

    async def fetch(self, statement: PreparedStatement) -> Rows:
        """Run a statement without values."""
        compiled = statement.compiled_for(self.driver)
        return await self.dedicated.fetch(compiled, compiled.arguments({}))


@asynccontextmanager
async def one_watched(settings: DatabaseSettings) -> AsyncIterator[Watched]:
    """Open one dedicated connection."""
    metrics, clock = Metrics("shop"), Clock()
    one = settings.model_copy(update={"dedicated_connections": 1})
    async with open_engine(one) as engine:
        statements = QueryLog(one.slow_query_s, metrics)
        driver = driver_for(one)
        dedicated = DedicatedConnections(engine, driver, one, statements, metrics, clock=clock)
        watched = Watched(dedicated, driver, clock)
        for name in ("connect", "checkout"):
            event.listen(engine.pool, name, lambda *_, name=name: watched.seen.update([name]))
        yield watched
        await watched.dedicated.close()
