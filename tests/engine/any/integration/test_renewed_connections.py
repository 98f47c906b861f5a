"""A held connection is the pool's: it goes back to be tested, and to be replaced when it is old."""

from hotpath.aio.db.dedicated import RENEWED_AFTER_S, TESTED_AFTER_S
from hotpath.db.prepared import PreparedStatement
from hotpath.testing.workspace import Workspace
from sqlalchemy import func, select

from ..watched_connections import one_watched

ONE = PreparedStatement(select(func.coalesce(1, 2).label("one")))


async def test_a_connection_goes_back_after_a_pause(workspace: Workspace) -> None:
    async with one_watched(workspace.settings().db) as watched:
        for pause_s in (0, TESTED_AFTER_S / 2, TESTED_AFTER_S, TESTED_AFTER_S / 2):
            watched.clock.now_s += pause_s
            await watched.fetch(ONE)

        assert watched.seen == {"connect": 1, "checkout": 2}


async def test_a_connection_that_is_always_busy_goes_back_too(workspace: Workspace) -> None:
    async with one_watched(workspace.settings().db) as watched:
        pause_s = TESTED_AFTER_S / 2
        for _ in range(round(RENEWED_AFTER_S / pause_s)):
            await watched.fetch(ONE)
            watched.clock.now_s += pause_s
        assert watched.seen == {"connect": 1, "checkout": 1}

        await watched.fetch(ONE)
        assert watched.seen == {"connect": 1, "checkout": 2}
