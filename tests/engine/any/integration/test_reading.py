"""Sessions that read: they take no transaction, and refuse to write."""

import pytest
from hotpath.db.models import utc_now
from hotpath.db.read_only import WriteInReadOnlySession
from hotpath.tasks.model import TaskRow
from sqlalchemy import delete, select

from package_name.resources import Resources


async def test_an_object_is_not_written_while_reading(resources: Resources) -> None:
    async with resources.db.reading() as session:
        session.add(TaskRow(id="0", name="none", state="queued", created_at=utc_now()))
        with pytest.raises(WriteInReadOnlySession):
            await session.flush()


@pytest.mark.parametrize("kind", ["reading", "read_only_transaction"])
async def test_a_statement_does_not_write_while_reading(resources: Resources, kind: str) -> None:
    async with getattr(resources.db, kind)() as session:
        await session.execute(select(TaskRow.id).limit(1))
        with pytest.raises(WriteInReadOnlySession):
            await session.execute(delete(TaskRow))
