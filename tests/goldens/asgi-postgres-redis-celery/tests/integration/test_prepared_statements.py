"""Statements of hot routes are parsed once per connection: they stay prepared in the server."""

from sqlalchemy import text

from shop.db.session import Database
from shop.observability.metrics import Metrics
from shop.resources import open_resources

from ..queries import calling
from ..workspace import Workspace

OFTEN = 10  # psycopg prepares what it has seen five times
PREPARED = text("SELECT statement FROM pg_prepared_statements WHERE statement LIKE '%users.id%'")


async def prepared(workspace: Workspace) -> list[str]:
    """Return the prepared statements of the one connection after calls with varying values."""
    one_connection = workspace.with_settings(DB__POOL_SIZE=1, DB__MAX_OVERFLOW=0)
    async with open_resources(one_connection.settings(), Metrics()) as resources:
        async with calling(resources) as http:
            for number in range(OFTEN):
                await http.get(f"/users?limit={number + 1}")
                await http.get(f"/users/{2**62 + number}")
        return await statements(resources.db)


async def statements(db: Database) -> list[str]:
    async with db.reading() as session:
        return list((await session.scalars(PREPARED)).all())


async def test_hot_statements_are_prepared_once_whatever_their_values(workspace: Workspace) -> None:
    found = await prepared(workspace)

    assert sum("ANY" in statement for statement in found) == 1, found
    assert sum("LIMIT" in statement for statement in found) == 1, found


async def test_behind_pgbouncer_nothing_stays_prepared(workspace: Workspace) -> None:
    assert await prepared(workspace.with_settings(DB__PGBOUNCER="true")) == []
