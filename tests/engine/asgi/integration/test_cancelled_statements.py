"""A statement whose caller goes away: its connection is let go, and another one takes its place."""

from hotpath.aio.db.database import open_database
from hotpath.db.prepared import PreparedStatement
from hotpath.observability.metrics import Metrics
from hotpath.testing.workspace import Workspace
from sqlalchemy import func, select, text

from ..callers import Caller
from ..database import numbers
from ..dedicated import PAIR, is_busy

ENDLESS = PreparedStatement(select(func.count()).select_from(text(numbers(1, 10**9))))


async def test_a_cancelled_statement_leaves_no_connection_behind(workspace: Workspace) -> None:
    one_held = workspace.with_settings(DB__DEDICATED_CONNECTIONS=1)
    async with open_database(one_held.settings().db, Metrics("shop")) as db:
        for _ in range(2):
            leaving, waiting = (
                Caller(lambda: db.fetch(ENDLESS, {})),
                Caller(lambda: db.fetch(PAIR, {})),
            )
            await is_busy(db)
            gone = Caller(lambda: db.fetch(PAIR, {}))
            gone.cancel()
            leaving.cancel()

            rows = await waiting.outcome()
            assert not isinstance(rows, BaseException)
            assert [tuple(row) for row in rows] == [(1, 2)]
        assert db.dedicated is not None
        assert (db.dedicated.state().in_use, db.dedicated.state().open) == (0, 1)
