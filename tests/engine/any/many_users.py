"""A database of its own with many users, filled by SQL since anything else would take minutes."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hotpath.aio.db.sessions import with_connection
from hotpath.testing.workspace import Workspace
from sqlalchemy import Connection, text

from .database import fresh_database, moment, numbers
from .shop import invoke

STARTED_AT_S = 1_700_000_000
AT_ONCE = 50_000
LONG = "One of a crowd that is larger than all buffers on the way from a server to a client, no. "
STATUS = "CASE number % 5 WHEN 0 THEN 'banned' WHEN 1 THEN 'inactive' ELSE 'active' END"


def crowded(
    workspace: Workspace, services: Mapping[str, str], folder: Path, *, users: int
) -> Workspace:
    """Return the same place with another database, in which so many users are.

    One was added each second; every fifth is banned, every fifth inactive. Cost: 10 µs a user,
    and a migration.
    """
    place = workspace.with_settings(DB__URL=fresh_database(services, folder))
    with pytest.MonkeyPatch.context() as patch:
        place.enter(patch)
        migrated = invoke("db", "upgrade")
    assert migrated.exit_code == 0, migrated.output
    for first in range(1, users + 1, AT_ONCE):
        last = min(first + AT_ONCE - 1, users)
        with_connection(place.settings().db, lambda connection: _fill(connection, first, last))  # noqa: B023 - called at once
    return place


def _fill(connection: Connection, first: int, last: int) -> None:
    created_at = moment(f"{STARTED_AT_S} + number")
    columns = f"'user-' || number || '@example.com', '{LONG}' || number"
    rows = f"SELECT {columns}, {STATUS}, {created_at} FROM {numbers(first, last)}"
    connection.execute(text(f"INSERT INTO users (email, name, status, created_at) {rows}"))
