"""Dedicated connections that die: readers do not notice, and nobody waits for a silent one."""

from time import monotonic

import pytest
from hotpath.aio.db.database import open_database
from hotpath.db.errors import DatabaseUnavailable
from hotpath.db.prepared import PreparedStatement
from hotpath.observability.metrics import Metrics
from hotpath.settings import DatabaseSettings
from hotpath.testing.workspace import Workspace
from hotpath_services.postgres import Postgres
from hotpath_services.testing import temporary_service
from pydantic import SecretStr
from sqlalchemy import func, select

from ..freezing import connected, frozen
from ..shop import SERVICE

PID = PreparedStatement(select(func.pg_backend_pid()))
STATEMENT_S, GRACE_S, FAREWELL_S, SLACK_S = 0.5, 1, 2, 4


async def test_a_read_goes_on_when_its_connection_was_ended(workspace: Workspace) -> None:
    settings = workspace.with_settings(DB__DEDICATED_CONNECTIONS=1).settings().db
    async with open_database(settings, Metrics("shop")) as db:
        for _ in range(2):
            [[before]] = await db.fetch(PID, {})
            assert await db.fetch(PID, {}) == [(before,)]  # the same, it is dedicated
            async with db.reading() as session:
                await session.execute(select(func.pg_terminate_backend(before)))
            [[after]] = await db.fetch(PID, {})
            assert after != before


async def test_nobody_waits_long_for_a_dedicated_connection_to_a_frozen_server() -> None:
    with temporary_service(Postgres(SERVICE)) as postgres:
        settings = DatabaseSettings(
            url=SecretStr(postgres.url), dedicated_connections=1, statement_timeout_s=STATEMENT_S
        )
        async with open_database(settings, Metrics("shop")) as db, connected(postgres) as other:
            await db.fetch(PID, {})
            async with frozen(postgres, other):
                started = monotonic()
                with pytest.raises(DatabaseUnavailable):
                    await db.fetch(PID, {})
                assert monotonic() - started < STATEMENT_S + GRACE_S + FAREWELL_S + SLACK_S

            assert len(await db.fetch(PID, {})) == 1
