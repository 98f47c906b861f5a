"""Connections are tested as they are taken from the pool: a restarted server goes unnoticed.

SQLAlchemy has a test of its own; it takes three round trips with asyncpg, and waits for an answer
as long as a statement may take.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

_IS_NEW = "is_new"


def check_connections(engine: Engine, answers: Callable[[Any], bool]) -> None:
    """Replace connections that do not answer. Cost: what `answers` costs, but for new ones."""

    @event.listens_for(engine, "connect")
    def mark(_: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
        entry.info[_IS_NEW] = True

    @event.listens_for(engine, "checkout")
    def check(
        connection: DBAPIConnection, entry: ConnectionPoolEntry, _: PoolProxiedConnection
    ) -> None:
        if not entry.info.pop(_IS_NEW, False) and not answers(connection):
            raise InvalidatePoolError("The server gave no answer.")
