"""Workers that start, and go on, while the database says nothing."""

from contextlib import ExitStack

import httpx2
from hotpath.aio.concurrency import pause
from hotpath.testing.servers import serving
from hotpath.testing.workspace import Workspace
from hotpath_services.postgres import Postgres
from hotpath_services.process import wait_until
from hotpath_services.testing import temporary_service
from hotpath_services.valkey import Valkey

from ..freezing import connected, frozen
from ..shop import SERVICE
from ..users import add_user

TASKS = 50
AWAY_S = 6.0
LINES = 30
"""Of the log while the database is away; there were 8,030 in 12 s before workers waited."""
DONE_WITHIN_S = 30.0
STARTS_WITHIN_S = 20.0
WAITS = "worker waits for the database"


def are_done(http: httpx2.Client, places: list[str]) -> bool:
    return all(http.get(each).json()["state"] == "succeeded" for each in places)


async def test_no_task_is_lost_while_the_database_is_away(workspace: Workspace) -> None:
    with (
        temporary_service(Postgres(SERVICE)) as postgres,
        temporary_service(Valkey(SERVICE)) as broker,
    ):
        place = workspace.with_settings(
            DB__URL=postgres.url, TASKS__BROKER_URL=broker.url, TASKS__LEASE_S=1, TASKS__RESEND_S=1
        )
        assert place.run("db", "upgrade").returncode == 0
        with serving(place) as server:
            path = f"/users/{add_user(server.http)['id']}/welcome"
            places = [server.http.post(path).headers["location"] for _ in range(TASKS)]
            async with connected(postgres) as connection:
                with ExitStack() as stack:
                    async with frozen(postgres, connection):
                        worker = stack.enter_context(place.start("worker"))
                        log = worker.log
                        assert wait_until(lambda: WAITS in log.read_text(), STARTS_WITHIN_S)
                        await pause(AWAY_S)
                        lines = log.read_text().splitlines()
                    assert len(lines) < LINES
                    assert sum(WAITS in line for line in lines) == 1
                    assert wait_until(lambda: are_done(server.http, places), DONE_WITHIN_S)

                    more = [server.http.post(path).headers["location"] for _ in range(TASKS)]
                    async with frozen(postgres, connection):
                        await pause(AWAY_S)
                    assert wait_until(lambda: are_done(server.http, more), DONE_WITHIN_S)
