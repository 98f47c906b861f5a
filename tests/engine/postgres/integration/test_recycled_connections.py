"""`recycle_s` applies to dedicated connections: an old one is replaced when it is returned."""

import pytest
from hotpath.aio.db.dedicated import RENEWED_AFTER_S, TESTED_AFTER_S
from hotpath.db.prepared import PreparedStatement
from hotpath.testing.workspace import Workspace
from sqlalchemy import func, select

from ..watched_connections import one_watched

PID = PreparedStatement(select(func.pg_backend_pid()))


@pytest.mark.parametrize(("recycle_s", "is_replaced"), [(0, True), (1800, False)])
async def test_an_old_connection_is_replaced_when_it_goes_back(
    workspace: Workspace, recycle_s: int, *, is_replaced: bool
) -> None:
    """With 0 s any is old. It goes back after a pause, and at last when it is always busy."""
    settings = workspace.with_settings(DB__RECYCLE_S=recycle_s).settings().db
    async with one_watched(settings) as watched:
        [[first]] = await watched.fetch(PID)
        assert [(first,)] == [tuple(row) for row in await watched.fetch(PID)]

        watched.clock.now_s += TESTED_AFTER_S
        [[second]] = await watched.fetch(PID)
        assert (second != first) == is_replaced

        for _ in range(round(RENEWED_AFTER_S / TESTED_AFTER_S * 2)):
            watched.clock.now_s += TESTED_AFTER_S / 2
            [[third]] = await watched.fetch(PID)
        assert (third != second) == is_replaced
        assert watched.seen["checkout"] == 3
