"""Statements on dedicated connections: what they promise is what sessions do."""

from uuid import uuid4

import pytest
from hotpath.aio.db.database import open_database
from hotpath.db.errors import PoolExhausted
from hotpath.db.models import utc_now
from hotpath.db.prepared import PreparedStatement
from hotpath.observability.metrics import Metrics
from hotpath.tasks.model import TaskRow
from hotpath.testing.workspace import Workspace
from sqlalchemy import Integer, bindparam, column, delete, func, insert, select, table, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from structlog.testing import capture_logs

import package_name

from ..callers import Caller
from ..database import numbers
from ..dedicated import PAIR, is_busy

MANY = 3_000_000
SLOW = PreparedStatement(select(func.count()).select_from(text(numbers(1, MANY))))
WRONG = PreparedStatement(select(column("nothing", Integer)).select_from(table("nowhere")))

NEW_TASK = PreparedStatement(
    insert(TaskRow).values(
        id=bindparam("task_id"),
        name="a task",
        state="queued",
        priority=1,
        attempts=0,
        is_sent=False,
        created_at=bindparam("now"),
        ready_at=bindparam("now"),
    )
)
END_OF_TASK = PreparedStatement(
    delete(TaskRow).where(TaskRow.id == bindparam("task_id")).returning(TaskRow.created_at)
)


def one_dedicated(workspace: Workspace) -> Workspace:
    return workspace.with_settings(DB__DEDICATED_CONNECTIONS=1, DB__POOL_WAIT_S=0.01)


async def test_rows_come_as_tuples_and_the_connection_stays(workspace: Workspace) -> None:
    metrics = Metrics("shop")
    async with open_database(one_dedicated(workspace).settings().db, metrics) as db:
        for _ in range(2):
            assert [tuple(row) for row in await db.fetch(PAIR, {})] == [(1, 2)]

        assert db.dedicated is not None
        state = db.dedicated.state()
        assert (state.size, state.open, state.in_use, state.waiting) == (1, 1, 0, 0)
        assert db.pool.state().in_use == db.pool.state().idle == 0
        name = package_name.__name__ + "_db_dedicated_open"
        assert metrics.registry.get_sample_value(name) == 1


@pytest.mark.parametrize("dedicated", [0, 1], ids=["of the pool", "dedicated"])
async def test_a_statement_is_timed_and_logged_when_slow(
    workspace: Workspace, dedicated: int
) -> None:
    slow = workspace.with_settings(DB__DEDICATED_CONNECTIONS=dedicated, DB__SLOW_QUERY_S=0)
    metrics = Metrics("shop")
    async with open_database(slow.settings().db, metrics) as db:
        with capture_logs() as logs:
            await db.fetch(PAIR, {})
        with capture_logs() as failed, pytest.raises(DBAPIError if not dedicated else Exception):
            await db.fetch(WRONG, {})
        assert [tuple(row) for row in await db.fetch(PAIR, {})] == [(1, 2)]

    [line] = [line for line in logs if line.get("statement", "").startswith("SELECT coalesce")]
    assert line["rows"] == 1
    assert any("nowhere" in line.get("statement", "") for line in failed)
    name = package_name.__name__ + "_db_query_seconds_count"
    metrics.flush()
    count = metrics.registry.get_sample_value(name)
    assert count is not None
    assert count >= 3


async def test_who_waits_too_long_for_a_held_connection_is_told(workspace: Workspace) -> None:
    metrics = Metrics("shop")
    async with open_database(one_dedicated(workspace).settings().db, metrics) as db:
        caller = Caller(lambda: db.fetch(SLOW, {}))
        await is_busy(db)
        with pytest.raises(PoolExhausted):
            await db.fetch(PAIR, {})

        rows = await caller.outcome()
        assert not isinstance(rows, BaseException)
        assert [tuple(row) for row in rows] == [(MANY,)]
        assert [tuple(row) for row in await db.fetch(PAIR, {})] == [(1, 2)]
        name = package_name.__name__ + "_db_pool_timeouts_total"
        assert metrics.registry.get_sample_value(name) == 1


@pytest.mark.parametrize("dedicated", [0, 1], ids=["of the pool", "dedicated"])
async def test_a_write_is_kept_and_a_second_one_of_its_key_refused(
    workspace: Workspace, dedicated: int
) -> None:
    settings = workspace.with_settings(DB__DEDICATED_CONNECTIONS=dedicated).settings()
    task = {"task_id": uuid4().hex, "now": utc_now()}
    async with open_database(settings.db, Metrics("shop")) as db:
        await db.fetch(NEW_TASK, task)
        with pytest.raises(IntegrityError):
            await db.fetch(NEW_TASK, task)

        assert [tuple(row) for row in await db.fetch(END_OF_TASK, task)] == [(task["now"],)]
        assert not await db.fetch(END_OF_TASK, task)
