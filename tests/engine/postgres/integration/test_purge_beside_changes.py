"""Purging cached values while others change them: neither waits for the other's rows."""

from time import time
from uuid import uuid4

from hotpath.aio.cache.table import TableStore
from hotpath.aio.cache.table_sweep import purge_expired
from hotpath.aio.concurrency import Background
from hotpath.cache.keys import CacheNamespace
from hotpath.cache.tables import EntryRow
from sqlalchemy import select

from package_name.resources import Resources

from ..shop import SERVICE

ENDED_S = -1.0


async def test_a_purge_passes_over_rows_that_somebody_is_changing(resources: Resources) -> None:
    db = resources.db
    store = TableStore(db, CacheNamespace.of(SERVICE), resources.metrics, Background(1))
    keys = [uuid4().hex for _ in range(2)]
    for key in keys:
        await store.lease(key, (), ENDED_S)
    rows = select(EntryRow.key).where(EntryRow.key.in_(keys))

    async with db.writing() as session:
        await session.execute(rows.where(EntryRow.key == keys[0]).with_for_update())
        await purge_expired(db, time(), int)

    async with db.reading() as session:
        assert (await session.scalars(rows)).all() == keys[:1]
