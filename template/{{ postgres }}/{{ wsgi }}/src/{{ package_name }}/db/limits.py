"""How long psycopg waits for a server that takes connections and says nothing."""

from collections.abc import Callable, Generator
from time import monotonic
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import Dialect, Engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from .checks import check_connections
from .settings import DatabaseSettings

GRACE_S = 1.0
"""What an answer may take beyond the statement: a server in order has cancelled it by then."""

T = TypeVar("T")


class Connection(psycopg.Connection[Any]):
    """Gives itself up when the server is silent for too long; psycopg would wait for ever."""

    silence_s: float

    def wait(self, gen: PQGen[T], *args: Any, **options: Any) -> T:
        """Wait for the end of `gen`, or raise `psycopg.OperationalError`."""
        return super().wait(self._heard(gen), *args, **options)

    def _heard(self, gen: PQGen[T]) -> Generator[Any, Any, T]:
        """Pass everything on; psycopg sends nothing, 0, ten times a second while it waits."""
        heard = monotonic()
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if ready:
                    heard = monotonic()
                elif monotonic() - heard > self.silence_s:
                    self.close()
                    raise psycopg.OperationalError(f"no answer within {self.silence_s:g} s")
                wanted = gen.send(ready)
        except StopIteration as end:
            result: T = end.value
            return result


def limit_waits(engine: Engine, settings: DatabaseSettings) -> None:
    """Open connections that give up silence, and test them as they are taken."""
    silence_s = settings.statement_timeout_s + GRACE_S

    @event.listens_for(engine, "do_connect")
    def connect(_: Dialect, __: ConnectionPoolEntry, args: Any, options: Any) -> Connection:
        connection = Connection.connect(*args, **options)
        connection.silence_s = silence_s
        return connection

    if settings.pre_ping:
        # A proxy answers when a server connection is free.
        limit_s = silence_s if settings.pgbouncer else settings.ping_timeout_s
        check_connections(engine, _asking(limit_s))


def _asking(limit_s: float) -> Callable[[Any], bool]:
    def answers(connection: Connection) -> bool:
        """Ask for nothing. Cost: 1 round trip, as there is no transaction around it."""
        usual, connection.silence_s = connection.silence_s, limit_s
        try:
            connection.autocommit = True
            connection.execute(";", prepare=False)
            connection.autocommit = False
        except psycopg.Error:
            return False
        finally:
            connection.silence_s = usual
        return True

    return answers
