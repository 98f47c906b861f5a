"""A question to the database with a limit of its own."""

import asyncio
from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from hotpath.db.read_only import ReadOnlySession


class Ping:
    """Asks, and is told within `within_s`."""

    def __init__(self, ask: Callable[[], Awaitable[None]], within_s: float) -> None:
        self._ask = ask
        self._within_s = within_s

    async def __call__(self) -> None:
        """Ask once.

        Raises:
            TimeoutError: there was no answer; whatever still waited for it is cancelled.
        """
        async with asyncio.timeout(self._within_s):
            await self._ask()


def read_only_sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Make sessions that refuse to write."""
    return async_sessionmaker(engine, expire_on_commit=False, sync_session_class=ReadOnlySession)


def writing_sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Make sessions whose objects stay readable after the commit."""
    return async_sessionmaker(engine, expire_on_commit=False)
