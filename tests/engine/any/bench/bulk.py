"""What one statement for all rows is worth: 10,000 users against the ways of the ORM.

    nox -s bench -- asgi-postgres-memory-none bulk

All ways take turns in one run, on a table that grows; medians of three rounds. Those that go row
by row do a tenth of the rows, times ten.

Seconds in bulk, and how many times that the ORM takes; two cores, PostgreSQL 18 beside the client,
November 2026:

    stack            insert   add_all   flush each   commit each
    asgi, sqlite     0.094 s     31.5           69           168
    wsgi, sqlite     0.114 s      6.7           16            51
    asgi, postgres   0.211 s      3.3           26            70
    wsgi, postgres   0.213 s      5.0           22            52

    stack            update    loaded   flush each   commit each
    asgi, sqlite     0.045 s      8.0          247           483
    wsgi, sqlite     0.039 s     11.9           94           146
    asgi, postgres   0.184 s      4.8           55           127
    wsgi, postgres   0.261 s      3.3           38            76
"""

import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from statistics import median
from time import perf_counter
from typing import Any
from uuid import uuid4

from hotpath.aio.concurrency import run
from hotpath.aio.db.bulk import insert_rows, update_rows
from hotpath.aio.db.database import Database
from hotpath.observability.metrics import Metrics
from sqlalchemy import select

from package_name.resources import open_resources
from package_name.settings import Settings
from package_name.users.model import User

from .place import measured

ROWS = 10_000
ROUNDS = 3
TENTH = 10

Rows = Sequence[Mapping[str, Any]]
Way = Callable[[Database, Rows], Awaitable[None]]


async def insert_in_bulk(db: Database, rows: Rows) -> None:
    """Insert all rows by one statement."""
    async with db.writing() as session:
        await insert_rows(session, User, rows, User.email)


async def insert_add_all(db: Database, rows: Rows) -> None:
    """Hand all objects to the ORM at once."""
    async with db.writing() as session:
        session.add_all(User(**row) for row in rows)


async def insert_flush_each(db: Database, rows: Rows) -> None:
    """Insert row by row in one transaction."""
    async with db.writing() as session:
        for row in rows:
            session.add(User(**row))
            await session.flush()


async def insert_commit_each(db: Database, rows: Rows) -> None:
    """Insert row by row, each in a transaction."""
    for row in rows:
        async with db.writing() as session:
            session.add(User(**row))


async def update_in_bulk(db: Database, rows: Rows) -> None:
    """Change all rows by one statement."""
    async with db.writing() as session:
        await update_rows(session, User, rows)


async def update_loaded(db: Database, rows: Rows) -> None:
    """Load all objects by one query, change them, flush them together."""
    name_by_id = {row["id"]: row["name"] for row in rows}
    first, last = min(name_by_id), max(name_by_id)
    async with db.writing() as session:
        for user in await session.scalars(select(User).where(User.id.between(first, last))):
            user.name = name_by_id[user.id]


async def update_flush_each(db: Database, rows: Rows) -> None:
    """Load and change row by row in one transaction."""
    async with db.writing() as session:
        for row in rows:
            user = await session.get_one(User, row["id"])
            user.name = row["name"]
            await session.flush()


async def update_commit_each(db: Database, rows: Rows) -> None:
    """Load and change row by row, each in a transaction."""
    for row in rows:
        async with db.writing() as session:
            user = await session.get_one(User, row["id"])
            user.name = row["name"]


ROW_BY_ROW: frozenset[Way] = frozenset(
    {insert_flush_each, insert_commit_each, update_flush_each, update_commit_each}
)
INSERTS: tuple[Way, ...] = (insert_in_bulk, insert_add_all, insert_flush_each, insert_commit_each)
UPDATES: tuple[Way, ...] = (update_in_bulk, update_loaded, update_flush_each, update_commit_each)


def new_users() -> Rows:
    """Return users that nobody has added."""
    batch = uuid4().hex
    return [
        {"email": f"{number}-{batch}@example.com", "name": f"User {number}", "status": "active"}
        for number in range(ROWS)
    ]


async def changes(db: Database) -> Rows:
    """Return a new name for each of the first users."""
    async with db.reading() as session:
        ids = (await session.scalars(select(User.id).order_by(User.id).limit(ROWS))).all()
    return [{"id": user_id, "name": uuid4().hex} for user_id in ids]


async def timed(way: Way, db: Database, rows: Rows) -> float:
    """Return how many seconds a way takes for all rows."""
    times = TENTH if way in ROW_BY_ROW else 1
    start = perf_counter()
    await way(db, rows[: len(rows) // times])
    return (perf_counter() - start) * times


async def measure(settings: Settings) -> None:
    """Let all ways take turns, and print their medians."""
    seconds: dict[Way, list[float]] = {way: [] for way in (*INSERTS, *UPDATES)}
    async with open_resources(settings, Metrics("shop")) as resources:
        db = resources.db
        for _ in range(ROUNDS):
            for way in INSERTS:
                seconds[way].append(await timed(way, db, new_users()))
            for way in UPDATES:
                seconds[way].append(await timed(way, db, await changes(db)))
    for ways in (INSERTS, UPDATES):
        report(ways, seconds)


def report(ways: Sequence[Way], seconds: Mapping[Way, Sequence[float]]) -> None:
    """Print seconds, and how often the first way fits into each."""
    base = median(seconds[ways[0]])
    for way in ways:
        taken = median(seconds[way])
        name = getattr(way, "__name__", "")
        sys.stdout.write(f"{name:20} {taken:8.3f} s {taken / base:7.1f}\n")


def main() -> None:
    """Measure on the stack's own database server, in a folder that is gone afterwards."""
    with measured() as place:
        run(measure(place.settings()))


if __name__ == "__main__":
    main()
