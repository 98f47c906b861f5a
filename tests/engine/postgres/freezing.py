"""A PostgreSQL that lives and says nothing."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from hotpath.aio.db.engine import open_engine
from hotpath.settings import DatabaseSettings
from hotpath_services import RunningService
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@asynccontextmanager
async def connected(server: RunningService) -> AsyncIterator[AsyncConnection]:
    """Open a connection beside those of the service."""
    settings = DatabaseSettings(url=SecretStr(server.url))
    async with open_engine(settings) as engine, engine.connect() as connection:
        yield connection


@asynccontextmanager
async def frozen(server: RunningService, connection: AsyncConnection) -> AsyncIterator[None]:
    """Stop the server and all its connections in their tracks, until the end of the block."""
    assert server.pid is not None
    backends = await connection.execute(text("SELECT pid FROM pg_stat_activity"))
    pids = [server.pid, *backends.scalars()]
    try:
        _send(pids, signal.SIGSTOP)
        yield
    finally:
        _send(pids, signal.SIGCONT)


def _send(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):  # a connection was closed meanwhile
            os.kill(pid, number)
