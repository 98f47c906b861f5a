"""How long asyncpg waits for a server that takes connections and says nothing."""

from collections.abc import Callable

import asyncpg
from sqlalchemy.engine.interfaces import AdaptedConnection
from sqlalchemy.ext.asyncio import AsyncEngine

from .checks import check_connections
from .settings import DatabaseSettings

GRACE_S = 1.0
"""What an answer may take beyond the statement: a server in order has cancelled it by then."""


def answer_within_s(settings: DatabaseSettings) -> float:
    """Return the longest wait for the answer to a statement."""
    return settings.statement_timeout_s + GRACE_S


def limit_waits(engine: AsyncEngine, settings: DatabaseSettings) -> None:
    """Test connections as they are taken; statements are timed by `command_timeout`.

    SQLAlchemy closes a connection whose statement ran into it, within 2 s more.
    """
    if settings.pre_ping:
        check_connections(engine.sync_engine, _asking(settings))


def _asking(settings: DatabaseSettings) -> Callable[[AdaptedConnection], bool]:
    # A proxy answers when a server connection is free.
    limit_s = answer_within_s(settings) if settings.pgbouncer else settings.ping_timeout_s

    def answers(adapted: AdaptedConnection) -> bool:
        return bool(adapted.run_async(lambda connection: _answers(connection, limit_s)))

    return answers


async def _answers(connection: asyncpg.Connection, limit_s: float) -> bool:
    """Ask for nothing. Cost: 1 round trip."""
    try:
        await connection.execute("SELECT 1", timeout=limit_s)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        connection.terminate()  # a farewell would wait as well
        return False
    except BaseException:
        connection.terminate()
        raise
    return True
