"""What tests need of SQLite."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hotpath.aio.db.engine import database_url
from hotpath.settings import DatabaseSettings
from hotpath.testing import databases
from sqlalchemy import Connection, Select
from sqlalchemy.ext.asyncio import AsyncSession

from .shop import SERVICE

UNREACHABLE_URL = "sqlite:////proc/all.db"

PATIENT = {"DB__BUSY_TIMEOUT_S": 60}
"""Settings with which a statement waits for a lock longer than a test lasts."""


def fresh_database(services: Mapping[str, str], folder: Path) -> str:
    """Return the URL of a file that the first connection makes."""
    return databases.fresh_database(SERVICE, services, folder)


async def lock(session: AsyncSession, table: str) -> None:
    """Keep everyone else from writing until the session ends, to whatever table."""
    del table  # there is one writer at a time
    await session.connection()


def numbers(first: int, last: int) -> str:
    """Return the SQL of a table `numbers` with the column `number`."""
    one_more = f"SELECT number + 1 FROM counted WHERE number < {last}"
    counted = f"WITH RECURSIVE counted(number) AS (SELECT {first} UNION ALL {one_more})"
    return f"({counted} SELECT number FROM counted) AS numbers"


def moment(seconds: str) -> str:
    """Return the SQL of the time so many seconds after 1970."""
    return f"strftime('%Y-%m-%d %H:%M:%S.000000', {seconds}, 'unixepoch')"


@contextmanager
def unreadable(settings: DatabaseSettings) -> Iterator[None]:
    """Break what others are reading now, until the end of the block.

    Nobody may have written since the last connection was closed: that left all in one file.
    """
    file = Path(str(database_url(settings).database))
    kept = file.read_bytes()
    os.truncate(file, 0)
    yield
    file.write_bytes(kept)


def costly_steps(connection: Connection, statement: Select[*tuple[Any, ...]]) -> list[str]:
    """Return the scans and sorts in its plan; one without conditions may go through the table."""
    compiled: Any = statement.compile(connection)
    nulls = (None,) * len(compiled.positiontup)  # a plan is the same for all values
    costly = "TEMP B-TREE" if statement.whereclause is None else "TEMP B-TREE|^SCAN (?!json_each)"
    steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", nulls).scalars("detail")
    return [step for step in steps if re.search(costly, step)]


def empty(settings: DatabaseSettings) -> None:
    """Drop all that is in a database."""
    file = Path(str(database_url(settings).database))
    for path in file.parent.glob(f"{file.name}*"):
        path.unlink()
