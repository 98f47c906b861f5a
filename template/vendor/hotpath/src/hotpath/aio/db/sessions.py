"""Sessions, and what differs by more than `async`: a ping, Alembic's connection, streamed rows."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeVarTuple

from sqlalchemy import Connection, Row, Select, event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session

from hotpath.aio.db.engine import open_engine
from hotpath.db.read_only import ReadOnlySession
from hotpath.settings import DatabaseSettings

if TYPE_CHECKING:
    from hotpath.aio.db.database import Database

Ts = TypeVarTuple("Ts")


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


def after_commit(session: AsyncSession, work: Callable[[], None]) -> None:
    """Call `work` once the transaction of this session has been committed, and not if it is not."""
    pending = [work]

    def on_commit(committed: Session) -> None:
        if pending and not committed.in_nested_transaction():  # a savepoint is no commit
            pending.pop()()

    event.listen(session.sync_session, "after_commit", on_commit)


def with_connection(settings: DatabaseSettings, work: Callable[[Connection], None]) -> None:
    """Run `work` in one transaction on a connection of its own event loop."""
    asyncio.run(_run(settings, work))


async def _run(settings: DatabaseSettings, work: Callable[[Connection], None]) -> None:
    async with open_engine(settings) as engine:
        writing = engine.execution_options(is_writing=True)
        async with writing.begin() as connection:
            await connection.run_sync(work)


async def stream_rows(
    db: "Database", statement: Select[*Ts], rows_each: int
) -> AsyncGenerator[Sequence[Row[*Ts]]]:
    """Yield the rows in parts of `rows_each`, through a cursor of the server.

    The first part may be empty: there always is one. Holds one connection and one snapshot until
    it is closed: close it with `aclosing`, as nobody else does so at once.

    Raises:
        DatabaseUnavailable: there was no connection, or it was lost on the way.
    Cost: a round trip a part; memory for one part.
    """
    async with db.read_only_transaction() as session:
        connection = await session.connection()  # columns need nothing of the session
        result = await connection.stream(statement, execution_options={"yield_per": rows_each})
        try:
            yield await result.fetchmany(rows_each)
            while part := await result.fetchmany(rows_each):
                yield part
        finally:
            await result.close()
