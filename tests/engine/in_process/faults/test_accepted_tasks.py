"""Tasks in this process: what is accepted is done, whatever more comes is refused at once."""

from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor

import httpx2
import pytest
from hotpath.aio.tasks.states import read_state
from hotpath.testing.servers import answers, client, in_flight, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until

from package_name.resources import Resources

from ..locks import locked
from ..quiet_resources import quiet_resources
from ..users import add_user

FLUSH_WITHIN_S = 30.0
ENDS_WITHIN_S = 30.0
"""As long as a disk that others keep busy may take for the tasks that are left."""
HELD_S = 1.0
BURST = 10


def welcome(http: httpx2.Client, path: str, threads: Executor) -> list[Future[httpx2.Response]]:
    """Send many requests at once."""
    return [threads.submit(http.post, path) for _ in range(BURST)]


def is_done(http: httpx2.Client, taken: httpx2.Response) -> bool:
    """Tell whether a task that was taken has succeeded."""
    return bool(http.get(taken.headers["location"]).json()["state"] == "succeeded")


@pytest.fixture
async def resources(workspace: Workspace) -> AsyncIterator[Resources]:
    """Open what a process has that leaves tasks to others."""
    async with quiet_resources(workspace.with_settings(TASKS__RUNNERS=0)) as opened:
        yield opened


async def test_what_is_accepted_is_done_and_what_is_too_much_is_refused(
    workspace: Workspace, resources: Resources
) -> None:
    small = workspace.with_settings(
        TASKS__QUEUE_SIZE=1, TASKS__RUNNERS=1, TASKS__DRAIN_S=ENDS_WITHIN_S
    )
    with (
        serving(small) as server,
        client(server.port) as http,
        ThreadPoolExecutor(BURST) as threads,
    ):
        path = f"/users/{add_user(http)['id']}/welcome"
        answered: list[httpx2.Response] = []

        def is_one_refused() -> bool:
            answered.extend(post.result(FLUSH_WITHIN_S) for post in welcome(http, path, threads))
            return any(answer.status_code != 202 for answer in answered)

        assert wait_until(is_one_refused, FLUSH_WITHIN_S)
        taken = [answer for answer in answered if answer.status_code == 202]
        refused = [answer for answer in answered if answer.status_code != 202]
        assert {answer.status_code for answer in refused} == {503}
        assert {answer.headers["retry-after"] for answer in refused} == {"1"}
        assert wait_until(lambda: all(is_done(http, answer) for answer in taken), FLUSH_WITHIN_S)

        async with locked(resources.db, "tasks"):  # none can be accepted, so none can run
            posts = welcome(http, path, threads)
            assert wait_until(lambda: in_flight(server.port) == BURST, FLUSH_WITHIN_S)
            server.program.stop()
            assert wait_until(lambda: not answers(server.port), FLUSH_WITHIN_S)
        last = [post.result(ENDS_WITHIN_S) for post in posts]
        async with locked(resources.db, "tasks"):
            # Tasks are left: a process that does not wait for them is gone by the end of this.
            wait_until(lambda: server.program.process.poll() is not None, HELD_S)
        assert server.program.ends_within(ENDS_WITHIN_S + FLUSH_WITHIN_S) == 0

    task_ids = [answer.json()["task_id"] for answer in last if answer.status_code == 202]
    states = [await read_state(resources.db, task_id) for task_id in task_ids]
    assert task_ids
    assert {answer.status_code for answer in last} <= {202, 503}
    assert Counter(state.state for state in states if state) == {"succeeded": len(task_ids)}
