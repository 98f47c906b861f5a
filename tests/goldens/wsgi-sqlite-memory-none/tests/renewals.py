"""Held connections beside a clock that a test moves, and what they do with their pool."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import event

from shop.db.engine import open_engine
from shop.db.held import HeldConnections
from shop.db.prepared import Prepared, Rows
from shop.db.settings import DatabaseSettings
from shop.db.statements import Statements
from shop.observability.metrics import Metrics


@dataclass
class Clock:
    """Seconds that go by when a test says so."""

    now_s: float = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now_s


@dataclass(frozen=True)
class Watched:
    """Held connections whose pool is watched."""

    held: HeldConnections
    clock: Clock
    seen: Counter[str] = field(default_factory=Counter)
    """How often the pool opened a connection (`connect`), and gave one out (`checkout`)."""

    def fetch(self, statement: Prepared) -> Rows:
        """Run a statement without values."""
        return self.held.fetch(statement, statement.arguments({}))


@contextmanager
def one_watched(settings: DatabaseSettings) -> Iterator[Watched]:
    """Open one held connection."""
    metrics, clock = Metrics(), Clock()
    one = settings.model_copy(update={"held_connections": 1})
    with open_engine(one) as engine:
        statements = Statements(one.slow_query_s, metrics)
        watched = Watched(HeldConnections(engine, one, statements, metrics, clock=clock), clock)
        for name in ("connect", "checkout"):
            event.listen(engine.pool, name, lambda *_, name=name: watched.seen.update([name]))
        yield watched
        watched.held.close()
