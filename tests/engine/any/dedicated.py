"""Dedicated connections: a statement for them, and waiting until one is in use."""

from hotpath.aio.db.database import Database
from hotpath.db.prepared import PreparedStatement
from sqlalchemy import func, select

PAIR = PreparedStatement(select(func.coalesce(1, 2).label("one"), func.coalesce(2, 1).label("two")))


async def is_busy(db: Database) -> None:
    """Wait until the dedicated connection is in use."""
    while db.dedicated is not None and not db.dedicated.state().in_use:
        await db.ping()
