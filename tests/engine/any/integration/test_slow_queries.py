"""The log of slow statements: what it tells, and what it must not."""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

import pytest
from hotpath.aio.db.database import open_database
from hotpath.observability.metrics import Metrics
from hotpath.testing.servers import serving
from hotpath.testing.workspace import Workspace
from sqlalchemy import TextClause, text
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

TWO_ROWS = text("SELECT 'secret' AS word UNION ALL SELECT :other")


async def query(workspace: Workspace, statement: TextClause) -> None:
    async with (
        open_database(workspace.settings().db, Metrics("shop")) as db,
        db.reading() as session,
    ):
        (await session.execute(statement, {"other": "secret"})).all()


def slow_queries(logs: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    found = (line for line in logs if line["event"] == "slow query")
    return [line for line in found if not line["statement"].startswith("BEGIN")]


async def test_a_slow_statement_is_logged_with_its_rows_and_without_values(
    workspace: Workspace,
) -> None:
    with capture_logs() as logs:
        await query(workspace.with_settings(DB__SLOW_QUERY_S=0), TWO_ROWS)

    [line] = slow_queries(logs)
    assert line["rows"] == 2
    assert line["statement"].startswith("SELECT ? AS word UNION ALL SELECT ?")
    assert "secret" not in str(line)
    assert line["seconds"] >= 0


async def test_a_slow_statement_that_fails_is_logged_too(workspace: Workspace) -> None:
    wrong = text("SELECT nothing FROM nowhere WHERE :other = ''")
    with capture_logs() as logs, pytest.raises(DBAPIError) as failure:
        await query(workspace.with_settings(DB__SLOW_QUERY_S=0), wrong)

    [line] = slow_queries(logs)
    assert line["statement"].startswith("SELECT nothing FROM nowhere")
    assert "secret" not in str(failure.value)


async def test_a_fast_statement_is_not_logged(workspace: Workspace) -> None:
    with capture_logs() as logs:
        await query(workspace.with_settings(DB__SLOW_QUERY_S="inf"), TWO_ROWS)

    assert slow_queries(logs) == []


def test_a_slow_statement_is_found_by_the_id_of_its_request(workspace: Workspace) -> None:
    request_id, task_id = uuid4().hex, uuid4().hex
    with serving(workspace.with_settings(DB__SLOW_QUERY_S=0)) as server:
        server.http.get(f"/tasks/{task_id}", headers={"x-request-id": request_id})
        log = server.program.log.read_text()

    lines = [json.loads(line) for line in log.splitlines() if request_id in line]
    [line] = slow_queries(lines)
    assert "FROM tasks" in line["statement"]
    assert line["rows"] == 0
    assert task_id not in str(line)
