"""Statements that the server of a service works on, or lets wait."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_RUNNING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND state = 'active'"
)


async def running_statements(connection: AsyncConnection) -> int:
    """Return how many statements of others run."""
    await connection.execute(text("SELECT pg_stat_clear_snapshot()"))  # that of the transaction
    return int((await connection.execute(_RUNNING)).scalar_one())
