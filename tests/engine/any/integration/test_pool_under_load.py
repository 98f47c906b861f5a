"""One connection for two requests: the second is seen to wait for it."""

from concurrent.futures import ThreadPoolExecutor

from hotpath.testing.servers import Server, figure, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until

from package_name.resources import Resources

from ..database import PATIENT
from ..locks import locked
from ..users import unique_email

TOKEN = "a token that only tests know"
FLUSH_WITHIN_S = 10.0
TASK = f"/tasks/{'0' * 32}"


def is_waiting(server: Server) -> bool:
    bearer = {"authorization": f"Bearer {TOKEN}"}
    pool = server.http.get("/debug/pools", headers=bearer).json()["database"]
    return (pool["in_use"], pool["waiting"]) == (1, 1)


async def test_a_request_without_a_connection_is_counted_and_timed(
    workspace: Workspace, resources: Resources
) -> None:
    settings = workspace.with_settings(
        DB__POOL_SIZE=1,
        DB__DEDICATED_CONNECTIONS=0,  # creates go through the pool
        DB__MAX_OVERFLOW=0,
        DB__POOL_WAIT_S=30,
        OBSERVABILITY__ADMIN_TOKEN=TOKEN,
        **PATIENT,
    )
    new = {"email": unique_email(), "name": "Ada"}
    with serving(settings) as server, ThreadPoolExecutor() as clients:
        async with locked(resources.db, "users"):
            holder = clients.submit(server.http.post, "/users", json=new)
            assert wait_until(lambda: figure(server.http, "db_pool_in_use") == 1, FLUSH_WITHIN_S)
            waiter = clients.submit(server.http.get, TASK)
            assert wait_until(lambda: is_waiting(server), FLUSH_WITHIN_S)
            assert figure(server.http, "db_pool_waiters") == 1

        assert holder.result().status_code == 201
        assert waiter.result().status_code == 404
        assert figure(server.http, "db_pool_waiters") == 0
        assert figure(server.http, "db_pool_wait_seconds_count") == 2
        assert figure(server.http, "db_pool_wait_seconds_sum") > 0
        assert figure(server.http, "db_query_seconds_count") >= 2
