"""Revisions run without SQLite's foreign keys, and leave no row that refers to nothing."""

from pathlib import Path

from hotpath.aio.db.sessions import with_connection
from hotpath.testing.rows import add_row
from hotpath.testing.workspace import Workspace
from sqlalchemy import text

from ..copies import copy_of_service

POSTS = text("SELECT count(*) FROM posts JOIN users ON users.id = posts.user_id")


def test_a_revision_that_leaves_orphans_is_refused_and_changes_nothing(
    empty_database: Workspace, tmp_path: Path
) -> None:
    place, package = copy_of_service(empty_database, tmp_path)
    place.run("db", "upgrade").check_returncode()
    add_row(place, "posts")
    place.run("db", "revision", "-m", "nobody").check_returncode()
    [written] = (package / "migrations").glob("*_nobody.py")
    head, upgrade, rest = written.read_text().partition("def upgrade() -> None:")
    deletes = '\n    op.execute("DELETE FROM users")\n\n\ndef before() -> None:'
    written.write_text(f"{head}from alembic import op\n\n\n{upgrade}{deletes}{rest}")

    refused = place.run("db", "upgrade")

    assert refused.returncode == 1
    assert "A row of posts would refer to a row of users that is gone." in refused.stderr
    assert "Traceback" not in refused.stderr
    found: list[int] = []
    with_connection(place.settings().db, lambda it: found.append(it.scalar(POSTS) or 0))
    assert found == [1]
