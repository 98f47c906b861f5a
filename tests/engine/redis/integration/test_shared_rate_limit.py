"""Rate limits of several processes that share a cache in Redis: counted together, exactly."""

import pytest
from hotpath.testing.servers import Pair, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until

from ..rate_limits import REFUSED, SETTINGS, new_client, statuses_of_many
from ..shop import KINDS

QUOTA = 30
REQUESTS = 120
HOT = "/users/1000000"
SEEN_S = 5.0


@pytest.mark.parametrize("workers", [2, 4])
@pytest.mark.parametrize("kind", KINDS)
def test_processes_count_together(
    workspace: Workspace, tmp_path_factory: pytest.TempPathFactory, kind: str, workers: int
) -> None:
    folder = tmp_path_factory.mktemp("workers")
    place = workspace.with_variables({"TMPDIR": str(folder)}).with_settings(
        SERVER__KIND=kind, SERVER__RATE_LIMIT=f"{QUOTA}/hour", **SETTINGS
    )
    with serving(place, "--workers", str(workers)) as server:
        pair = Pair(server, folder)
        for path in (HOT, "/nothing"):
            statuses = statuses_of_many(server.port, path, REQUESTS, new_client())
            assert statuses.count(404) == QUOTA
            assert statuses.count(REFUSED) == REQUESTS - QUOTA
        assert wait_until(lambda: len(pair.pids_that_counted('"429"')) > 1, SEEN_S)


def test_servers_count_together(workspace: Workspace) -> None:
    place = workspace.with_settings(SERVER__RATE_LIMIT=f"{QUOTA}/hour", **SETTINGS)
    sender = new_client()
    with serving(place) as one, serving(place) as other:
        first = statuses_of_many(one.port, HOT, QUOTA - 1, sender)
        second = statuses_of_many(other.port, HOT, QUOTA, sender)

    assert first.count(REFUSED) == 0
    assert second.count(404) == 1
