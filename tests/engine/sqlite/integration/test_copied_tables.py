"""SQLite alters a table by copying it: rows and values stay."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.util import CommandError
from hotpath.db import migrations

from ..revisions import Build, Place, modelled, open_place

ORPHAN = """
revision = "0002"
down_revision = "0001"
branch_labels = depends_on = None


def upgrade():
    from alembic import op

    op.execute("DELETE FROM users")
"""


@pytest.fixture
def place(services: Mapping[str, str], tmp_path: Path) -> Iterator[Place]:
    with open_place(services, tmp_path) as opened:
        opened.clear()
        yield opened


def test_values_stay_as_they_are_when_a_type_changes(place: Place) -> None:
    def days(kind: Any) -> Build:
        def build(metadata: sa.MetaData) -> None:
            identity = sa.Column("id", sa.Integer, primary_key=True)
            sa.Table("days", metadata, identity, sa.Column("day", kind))

        return build

    with modelled(days(sa.String(10))):
        migrations.revision(place.service, "days")
        migrations.upgrade(place.service)
    place.execute("INSERT INTO days VALUES (1, '2026-01-31')")

    with modelled(days(sa.Date())):
        migrations.revision(place.service, "dates")
        migrations.upgrade(place.service)

    assert place.execute("SELECT day FROM days") == ["2026-01-31"]


def test_a_revision_that_leaves_rows_without_their_parent_is_a_sentence(place: Place) -> None:
    place.execute(
        "INSERT INTO users (email, name, status, created_at)"
        " VALUES ('a@b.c', 'Ada', 'active', '2026-01-31')",
        "INSERT INTO posts (user_id, title, body, created_at) VALUES (1, 'a', 'b', '2026-01-31')",
    )
    (place.service.place / "0002_nobody.py").write_text(ORPHAN)

    with pytest.raises(CommandError, match="A row of posts would refer to a row of users"):
        migrations.upgrade(place.service)

    assert place.execute("SELECT id FROM users") == [1]
