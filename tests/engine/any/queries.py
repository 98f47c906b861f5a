"""Counting the statements that a piece of work sends to the database."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from hotpath.db.query_log import QueryLog
from httpx2 import ASGITransport, AsyncClient

from package_name.resources import Resources

from .apps import app_on


@contextmanager
def count_queries() -> Iterator[list[str]]:
    """Collect the statements that this process sends inside the block; a BEGIN is none."""
    statements: list[str] = []

    def collect(statement: str) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    QueryLog.listeners.append(collect)
    try:
        yield statements
    finally:
        QueryLog.listeners.remove(collect)


@asynccontextmanager
async def calling(resources: Resources) -> AsyncIterator[AsyncClient]:
    """Call the routes inside this process, where their statements can be counted."""
    transport = ASGITransport(app=app_on(resources))
    async with AsyncClient(transport=transport, base_url="http://test") as http:
        yield http
