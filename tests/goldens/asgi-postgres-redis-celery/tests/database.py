"""What tests need of PostgreSQL."""

from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shop.services.postgres import SERVICE, create_database


def fresh_database(services: Mapping[str, str], folder: Path) -> str:
    """Return the URL of an empty database on the session's server."""
    del folder  # the server keeps it
    return create_database(services[SERVICE.variables[0]], f"test_{uuid4().hex}")


async def lock(session: AsyncSession, table: str) -> None:
    """Keep everyone else from writing to `table` until the session ends."""
    await session.execute(text(f"LOCK TABLE {table} IN SHARE MODE"))
