"""Holding the database, so that what writes to it waits."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hotpath.aio.db.database import Database

from .database import lock


@asynccontextmanager
async def locked(db: Database, table: str) -> AsyncIterator[None]:
    """Let nobody write to `table` until the end of the block."""
    async with db.writing() as session:
        await lock(session, table)
        yield
