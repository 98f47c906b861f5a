"""Pool arithmetic of the worker: its processes have pools too."""

from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until

PER_PROCESS, DEDICATED = 200, 3
STARTS_WITHIN_S = 30.0


def test_pools_that_do_not_fit_are_told_when_the_worker_starts(workspace: Workspace) -> None:
    large = workspace.with_settings(
        DB__POOL_SIZE=PER_PROCESS - DEDICATED,
        DB__MAX_OVERFLOW=0,
        DB__DEDICATED_CONNECTIONS=DEDICATED,
    )
    with large.start("worker", "--processes", "2") as worker:
        assert wait_until(lambda: "pools do not fit" in worker.log.read_text(), STARTS_WITHIN_S)

    assert f'"connections_wanted":{2 * PER_PROCESS}' in worker.log.read_text()
