"""A database that another writer holds for too long."""

from time import monotonic

from hotpath.testing.problems import assert_problem
from hotpath.testing.servers import serving
from hotpath.testing.workspace import Workspace

from package_name.resources import Resources

from ..locks import locked
from ..tries import tried_again
from ..users import add_user, unique_email


@tried_again
async def test_a_writer_gives_up_soon_and_readers_do_not_wait(
    workspace: Workspace, resources: Resources
) -> None:
    with serving(workspace.with_settings(DB__BUSY_TIMEOUT_S=0.2)) as server:
        user = add_user(server.http)

        async with locked(resources.db, "users"):
            started = monotonic()
            answer = server.http.post("/users", json={"email": unique_email(), "name": "Ada"})
            waited_s = monotonic() - started
            read = server.http.get(f"/users/{user['id']}")
            ready = server.http.get("/readyz")

        assert_problem(answer, 503, "The database does not answer; try again soon.")
        assert answer.headers["retry-after"] == "1"
        assert 0.2 <= waited_s < 2
        assert (read.status_code, ready.status_code) == (200, 200)
        assert add_user(server.http)["name"] == "Ada"


@tried_again
async def test_a_writer_that_waits_gives_up_when_its_request_is_late(
    workspace: Workspace, resources: Resources
) -> None:
    with serving(workspace.with_settings(DB__BUSY_TIMEOUT_S=60)) as server:
        async with locked(resources.db, "users"):
            started = monotonic()
            answer = server.http.post(
                "/users",
                json={"email": unique_email(), "name": "Ada"},
                headers={"X-Request-Timeout": "0.3"},
            )
            waited_s = monotonic() - started

        assert_problem(answer, 504, "The request took longer than it may.")
        assert 0.3 <= waited_s < 2
        assert add_user(server.http)["name"] == "Ada"
