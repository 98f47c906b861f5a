"""Sessions that read: they take no transaction, and refuse to write."""

import pytest
from sqlalchemy import delete, select

from shop.db.models import utc_now
from shop.db.reading import WriteInReadingSession
from shop.resources import Resources
from shop.tasks.model import TaskRow


def test_an_object_is_not_written_while_reading(resources: Resources) -> None:
    with resources.db.reading() as session:
        session.add(TaskRow(id="0", name="none", state="queued", created_at=utc_now()))
        with pytest.raises(WriteInReadingSession):
            session.flush()


@pytest.mark.parametrize("kind", ["reading", "viewing"])
def test_a_statement_does_not_write_while_reading(resources: Resources, kind: str) -> None:
    with getattr(resources.db, kind)() as session:
        session.execute(select(TaskRow.id).limit(1))
        with pytest.raises(WriteInReadingSession):
            session.execute(delete(TaskRow))
