"""Lets synchronous tools such as Alembic work on the service's own engine."""

import asyncio
from collections.abc import Callable

from sqlalchemy import Connection

from hotpath.aio.db.engine import open_engine
from hotpath.settings import DatabaseSettings


def with_connection(settings: DatabaseSettings, work: Callable[[Connection], None]) -> None:
    """Run `work` in one transaction on a connection of its own event loop."""
    asyncio.run(_run(settings, work))


async def _run(settings: DatabaseSettings, work: Callable[[Connection], None]) -> None:
    async with open_engine(settings) as engine:
        writing = engine.execution_options(is_writing=True)
        async with writing.begin() as connection:
            await connection.run_sync(work)
