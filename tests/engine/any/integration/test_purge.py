"""Large sets in chunks: all of it, once, and as far as it came when it is interrupted."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hotpath.aio.db.bulk import ROWS_EACH, walk
from hotpath.aio.db.database import Database
from hotpath.aio.tasks.ended import count_states, purge_states
from hotpath.tasks.model import TaskRow
from sqlalchemy import insert, select

from package_name.resources import Resources

LONG_AGO = datetime(1990, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
KEYS = (TaskRow.created_at, TaskRow.id)
COUNT = 2 * ROWS_EACH + ROWS_EACH // 2


async def add_states(db: Database, count: int, *, at: datetime) -> None:
    """Add states of tasks, one a second, two of them always in the same second."""
    rows = [
        {"id": uuid4().hex, "name": "old", "created_at": moment, "finished_at": moment}
        for moment in (at + timedelta(seconds=number // 2) for number in range(count))
    ]
    async with db.writing() as session:
        await session.execute(insert(TaskRow), rows)


async def test_a_purge_deletes_all_old_states_in_chunks(resources: Resources) -> None:
    db = resources.db
    chunks: list[int] = []
    await add_states(db, COUNT, at=LONG_AGO)
    await add_states(db, 1, at=LONG_AGO + YEAR)

    await purge_states(db, LONG_AGO + YEAR, chunks.append)

    assert sorted(chunks) == [ROWS_EACH // 2, ROWS_EACH, ROWS_EACH]
    assert await count_states(db, LONG_AGO + YEAR) == 0
    assert await count_states(db, LONG_AGO + 2 * YEAR) == 1
    await purge_states(db, LONG_AGO + 2 * YEAR, chunks.append)
    assert chunks[3:] == [1]


async def test_an_interrupted_purge_keeps_what_it_did_and_goes_on(resources: Resources) -> None:
    db = resources.db
    await add_states(db, COUNT, at=LONG_AGO)

    def interrupt(_: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        await purge_states(db, LONG_AGO + YEAR, interrupt)
    left = await count_states(db, LONG_AGO + YEAR)
    chunks: list[int] = []
    await purge_states(db, LONG_AGO + YEAR, chunks.append)

    assert 0 < left < COUNT
    assert sum(chunks) == left
    assert await count_states(db, LONG_AGO + YEAR) == 0


async def test_a_walk_meets_every_row_once_while_rows_come_and_go(resources: Resources) -> None:
    db = resources.db
    met: list[str] = []
    await add_states(db, COUNT, at=LONG_AGO)
    old = select(TaskRow).where(TaskRow.created_at < LONG_AGO + YEAR)

    async for chunk in walk(db, old, KEYS):
        if not met:
            await add_states(db, 10, at=LONG_AGO - YEAR)  # behind the walk
            await add_states(db, 10, at=LONG_AGO + YEAR / 2)  # before it
        met += [row.id for row in chunk]
    sizes = (len(met), len(set(met)))
    await purge_states(db, LONG_AGO + YEAR, int)

    assert sizes == (COUNT + 10, COUNT + 10)
