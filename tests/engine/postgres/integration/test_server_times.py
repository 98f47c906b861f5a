"""Times are read alike, however the server would write them by itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hotpath.aio.db.database import Database
from hotpath.observability.metrics import Metrics
from hotpath.testing.workspace import Workspace
from sqlalchemy import func, select, text

from package_name.resources import Resources, open_resources

from ..queries import calling
from ..users import unique_email


@asynccontextmanager
async def foreign_times(db: Database) -> AsyncIterator[None]:
    """Make the server write `24/11/2026 05:43:44 IST`, unless a session asks for something else."""
    async with db.writing() as session:
        name = await session.scalar(select(func.current_database()))
        await session.execute(text(f'ALTER DATABASE "{name}" SET datestyle = "SQL, DMY"'))
        await session.execute(text(f"ALTER DATABASE \"{name}\" SET timezone = 'Asia/Kolkata'"))
    try:
        yield
    finally:
        async with db.writing() as session:
            await session.execute(text(f'ALTER DATABASE "{name}" RESET ALL'))


@pytest.mark.parametrize("is_behind", [False, True], ids=["directly", "as behind PgBouncer"])
async def test_times_are_the_same_in_all_answers(
    workspace: Workspace, resources: Resources, is_behind: bool
) -> None:
    settings = workspace.with_settings(DB__PGBOUNCER=str(is_behind)).settings()
    async with (
        foreign_times(resources.db),
        open_resources(settings, Metrics("shop")) as opened,
        calling(opened) as http,
    ):
        rows = [{"email": unique_email(), "name": "Ada"} for _ in range(2)]
        first, second = [(await http.post("/users", json=row)).json() for row in rows]
        after = {"created_after": first["created_at"]}
        page = (await http.get("/users", params=after)).json()
        alone = (await http.get(f"/users/{second['id']}")).json()

    assert page["items"] == [second]
    assert alone == second
