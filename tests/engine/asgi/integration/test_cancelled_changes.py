"""A change of the table whose caller goes away while it waits for a connection."""

import asyncio
from time import monotonic

from hotpath.aio.cache.table import TableStore
from hotpath.aio.concurrency import Background
from hotpath.aio.db.database import open_database
from hotpath.cache.entries import Invalidation
from hotpath.observability.metrics import Metrics
from hotpath.testing.workspace import Workspace

from ..caches import SOON_S, until
from ..shop import NAMESPACE

ONE_CONNECTION = {"DB__POOL_SIZE": 1, "DB__MAX_OVERFLOW": 0, "DB__POOL_WAIT_S": SOON_S}


async def test_an_invalidation_that_is_cancelled_is_pending(workspace: Workspace) -> None:
    metrics = Metrics("shop")
    settings = workspace.with_settings(**ONE_CONNECTION).settings()
    async with open_database(settings.db, metrics) as db, Background(1) as background:
        store = TableStore(db, NAMESPACE, metrics, background)
        async with db.reading() as session:
            await session.connection()
            change = asyncio.create_task(store.invalidate(Invalidation(("key",))))
            await until(lambda: db.pool.state().waiting == 1)
            change.cancel()
            await asyncio.wait([change])
            assert change.cancelled()
            assert await store.state() == "degraded"

        deadline = monotonic() + SOON_S
        while await store.state() != "ok":
            assert monotonic() < deadline, "it was not paid"
            await asyncio.sleep(0.002)
