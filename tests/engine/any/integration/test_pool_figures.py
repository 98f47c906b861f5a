"""The figures of the pool: what is in use, who waited, and the warning when it is nearly full."""

from contextlib import AsyncExitStack

import pytest
from hotpath.aio.db.database import Database, open_database
from hotpath.aio.db.engine import PoolState
from hotpath.db.errors import DatabaseUnavailable
from hotpath.observability.metrics import Metrics
from hotpath.testing.servers import figure, serving
from hotpath.testing.workspace import Workspace
from structlog.testing import capture_logs

import package_name

from ..database import UNREACHABLE_URL

SIZE, OVERFLOW = 3, 2
NEARLY_ALL = 4


@pytest.fixture
def small(workspace: Workspace) -> Workspace:
    return workspace.with_settings(
        DB__POOL_SIZE=SIZE, DB__MAX_OVERFLOW=OVERFLOW, DB__POOL_WAIT_S=0.01
    )


async def hold(db: Database, stack: AsyncExitStack, count: int) -> None:
    """Take connections until the end of `stack`."""
    for _ in range(count):
        session = await stack.enter_async_context(db.reading())
        await session.connection()


def state(in_use: int, idle: int, overflow: int = 0) -> PoolState:
    return PoolState(SIZE, OVERFLOW, in_use, idle, overflow, waiting=0)


def value(metrics: Metrics, name: str) -> float | None:
    metrics.flush()
    return metrics.registry.get_sample_value(package_name.__name__ + "_" + name)


async def test_connections_are_counted_in_use_idle_and_beyond_the_size(small: Workspace) -> None:
    metrics = Metrics("shop")
    async with open_database(small.settings().db, metrics) as db:
        assert db.pool.state() == state(in_use=0, idle=0)
        async with AsyncExitStack() as stack:
            await hold(db, stack, NEARLY_ALL)
            assert db.pool.state() == state(in_use=4, idle=0, overflow=1)
            assert value(metrics, "db_pool_in_use") == NEARLY_ALL
            assert value(metrics, "db_pool_overflow") == 1

        assert db.pool.state() == state(in_use=0, idle=SIZE)
        assert value(metrics, "db_pool_in_use") == 0
        assert value(metrics, "db_pool_idle") == SIZE
        assert value(metrics, "db_pool_overflow") == 0
        assert value(metrics, "db_pool_wait_seconds_count") == NEARLY_ALL


async def test_a_caller_who_waits_in_vain_is_counted(small: Workspace) -> None:
    metrics = Metrics("shop")
    async with open_database(small.settings().db, metrics) as db, AsyncExitStack() as stack:
        await hold(db, stack, SIZE + OVERFLOW)

        with pytest.raises(DatabaseUnavailable):
            await db.ping()

        assert value(metrics, "db_pool_timeouts_total") == 1
        assert value(metrics, "db_connect_errors_total") == 0
        assert value(metrics, "db_pool_waiters") == 0


def test_a_connection_that_does_not_open_is_counted(workspace: Workspace) -> None:
    with serving(workspace.with_settings(DB__URL=UNREACHABLE_URL)) as server:
        assert server.http.get("/readyz").status_code == 503

        assert figure(server.http, "db_connect_errors_total") == 1
        assert figure(server.http, "db_pool_in_use") == 0


async def test_a_pool_nearly_full_is_told_once_an_episode(small: Workspace) -> None:
    with capture_logs() as logs:
        await episodes(small)

    warnings = [line for line in logs if line["event"] == "pool nearly full"]
    assert [(line["in_use"], line["waiting"]) for line in warnings] == [(NEARLY_ALL, 0)] * 2


async def episodes(small: Workspace) -> None:
    """Let the pool be nearly full twice, with a calm moment between."""
    async with open_database(small.settings().db, Metrics("shop")) as db:
        for _ in range(2):
            async with AsyncExitStack() as stack:
                await hold(db, stack, NEARLY_ALL - 1)
                for _ in range(3):  # over the line again and again, without a calm moment
                    async with AsyncExitStack() as more:
                        await hold(db, more, 2)
