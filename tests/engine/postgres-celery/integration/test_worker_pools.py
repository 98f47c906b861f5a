"""Pool arithmetic of the worker: its processes have pools too."""

from hotpath.aio.db.sessions import with_connection
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until
from sqlalchemy import text

PER_PROCESS, DEDICATED = 200, 3
STARTS_WITHIN_S = 30.0
NAME = "counted-worker"


def test_pools_that_do_not_fit_are_told_when_the_worker_starts(workspace: Workspace) -> None:
    large = workspace.with_settings(
        DB__POOL_SIZE=PER_PROCESS - DEDICATED,
        DB__MAX_OVERFLOW=0,
        DB__DEDICATED_CONNECTIONS=DEDICATED,
    )
    with large.start("worker", "--processes", "2") as worker:
        assert wait_until(lambda: "pools do not fit" in worker.log.read_text(), STARTS_WITHIN_S)

    assert f'"connections_wanted":{2 * PER_PROCESS}' in worker.log.read_text()


def connections(workspace: Workspace) -> int:
    """Return how many connections the worker has, as the database counts them."""
    counted = text("SELECT count(*) FROM pg_stat_activity WHERE application_name = :name")
    found: list[int] = []
    with_connection(
        workspace.settings().db,
        lambda connection: found.append(connection.scalars(counted, {"name": NAME}).one()),
    )
    return found[0]


def test_each_process_opens_a_pool_after_fork_and_closes_it(workspace: Workspace) -> None:
    place = workspace.with_settings(DB__APPLICATION_NAME=NAME, DB__DEDICATED_CONNECTIONS=1)
    with place.start("worker", "--processes", "3") as worker:
        assert wait_until(lambda: connections(workspace) >= 3, STARTS_WITHIN_S)
        assert connections(workspace) <= 3 * (1 + 2)
        worker.stop()
        assert worker.ends_within(STARTS_WITHIN_S) == 0

    assert connections(workspace) == 0
