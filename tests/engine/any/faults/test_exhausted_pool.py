"""Every connection of the pool is in use: the next request waits a little and is sent away."""

from concurrent.futures import ThreadPoolExecutor
from time import monotonic

from hotpath.testing.problems import assert_problem
from hotpath.testing.servers import client, figure, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until

from package_name.resources import Resources

from ..database import PATIENT
from ..locks import locked
from ..tries import tried_again
from ..users import add_user

POOL_WAIT_S = 0.2
UNCACHED = "/users?limit=1&created_after=2000-01-01T00:00:00Z"
FLUSH_WITHIN_S = 10.0
ENDS_WITHIN_S = 20.0
SLACK_S = 4.0


@tried_again
async def test_a_request_without_a_connection_is_answered_soon(
    workspace: Workspace, resources: Resources
) -> None:
    small = workspace.with_settings(
        DB__POOL_SIZE=1,
        DB__MAX_OVERFLOW=0,
        DB__DEDICATED_CONNECTIONS=0,
        DB__POOL_WAIT_S=POOL_WAIT_S,
        **PATIENT,
    )
    with (
        serving(small) as server,
        client(server.port) as http,
        ThreadPoolExecutor(1) as threads,
    ):
        async with locked(resources.db, "users"):
            holder = threads.submit(add_user, http)
            assert wait_until(lambda: figure(server.http, "db_pool_in_use") == 1, FLUSH_WITHIN_S)
            started = monotonic()
            answer = server.http.get(UNCACHED)
            took_s = monotonic() - started

        assert_problem(answer, 503, "All connections to the database are in use; try again soon.")
        assert answer.headers["retry-after"] == "1"
        assert POOL_WAIT_S <= took_s < POOL_WAIT_S + SLACK_S
        assert holder.result(ENDS_WITHIN_S)["status"] == "active"
        assert server.http.get(UNCACHED).status_code == 200
