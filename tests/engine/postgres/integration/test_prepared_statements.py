"""Statements of hot routes are parsed once per connection: they stay prepared in the server."""

from random import randrange

import pytest
from hotpath.db.prepared import PreparedStatement
from hotpath.observability.metrics import Metrics
from hotpath.testing.workspace import Workspace
from sqlalchemy import String, column, select, table

from package_name.resources import open_resources

from ..queries import calling

OFTEN = 10  # psycopg prepares what it has seen five times
_STATEMENT = column("statement", String)
_UNCACHED = "created_after=2000-01-01T00:00:00Z"
PREPARED = PreparedStatement(
    select(_STATEMENT)
    .select_from(table("pg_prepared_statements"))
    .where(_STATEMENT.like("%users.id%"))
)


async def prepared(workspace: Workspace) -> list[str]:
    """Return the prepared statements of the one connection after calls with varying values."""
    async with open_resources(workspace.settings(), Metrics("shop")) as resources:
        async with calling(resources) as http:
            first = randrange(2**62, 2**63 - OFTEN)  # nobody has asked for these before
            for number in range(OFTEN):
                await http.get(f"/users?limit={number + 1}&{_UNCACHED}")
                await http.get(f"/users/{first + number}")
        return [statement for (statement,) in await resources.db.fetch(PREPARED, {})]


@pytest.mark.parametrize("dedicated", [0, 1], ids=["of the pool", "dedicated"])
async def test_hot_statements_are_prepared_once_whatever_their_values(
    workspace: Workspace, dedicated: int
) -> None:
    found = await prepared(
        workspace.with_settings(
            DB__POOL_SIZE=1, DB__MAX_OVERFLOW=0, DB__DEDICATED_CONNECTIONS=dedicated
        )
    )

    assert sum("WHERE users.id = " in statement for statement in found) == 1, found
    assert sum("LIMIT" in statement for statement in found) == 1, found


async def test_behind_pgbouncer_nothing_stays_prepared(workspace: Workspace) -> None:
    behind = workspace.with_settings(
        DB__PGBOUNCER="true", DB__POOL_SIZE=1, DB__MAX_OVERFLOW=0, DB__DEDICATED_CONNECTIONS=1
    )
    assert await prepared(behind) == []
