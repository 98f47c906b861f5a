"""What tests need of PostgreSQL."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hotpath.aio.db.sessions import with_connection
from hotpath.settings import DatabaseSettings
from hotpath.testing import databases
from sqlalchemy import Connection, Select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from .shop import SERVICE

UNREACHABLE_URL = "postgresql://app@127.0.0.1:1/app"

PATIENT = {"DB__STATEMENT_TIMEOUT_S": 60}
"""Settings with which a statement waits for a lock longer than a test lasts."""


def fresh_database(services: Mapping[str, str], folder: Path) -> str:
    """Return the URL of an empty database on the session's server."""
    return databases.fresh_database(SERVICE, services, folder)


async def lock(session: AsyncSession, table: str) -> None:
    """Keep everyone else from writing to `table` until the session ends."""
    await session.execute(text(f"LOCK TABLE {table} IN SHARE MODE"))


def numbers(first: int, last: int) -> str:
    """Return the SQL of a table `numbers` with the column `number`."""
    return f"generate_series({first}, {last}) AS numbers(number)"


def moment(seconds: str) -> str:
    """Return the SQL of the time so many seconds after 1970."""
    return f"to_timestamp({seconds})"


@contextmanager
def unreadable(settings: DatabaseSettings) -> Iterator[None]:
    """Break what others are reading now."""
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    end = text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
    with_connection(settings, lambda connection: connection.execute(end).close())
    yield


def costly_steps(connection: Connection, statement: Select[*tuple[Any, ...]]) -> list[str]:
    """Return the scans and sorts in its plans: the one for its values, and the one for any."""
    make_dialect: Any = postgresql.dialect  # it has no types
    dialect = make_dialect(paramstyle="numeric_dollar")
    given = statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    prepared = statement.compile(dialect=dialect)
    values = ", ".join(["NULL"] * len(prepared.params))
    run = connection.exec_driver_sql
    run("ANALYZE")
    run("SET LOCAL plan_cache_mode = force_generic_plan")
    run(f"PREPARE anything AS {prepared}")
    plans = [f"EXPLAIN {given}", f"EXPLAIN EXECUTE anything({values})".replace("()", "")]
    steps = [step for plan in plans for step in run(plan).scalars()]
    return [step for step in steps if re.search("Seq Scan|Bitmap|Sort", step)]


def empty(settings: DatabaseSettings) -> None:
    """Drop all that is in a database."""

    def drop(connection: Connection) -> None:
        for statement in ("DROP SCHEMA public CASCADE", "CREATE SCHEMA public"):
            connection.exec_driver_sql(statement)

    with_connection(settings, drop)
