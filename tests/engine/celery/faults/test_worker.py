"""A worker that is stopped, killed or cut off from what it needs: no task is lost."""

import os
import signal
from collections.abc import Iterator
from contextlib import AsyncExitStack, closing
from functools import partial
from time import sleep
from urllib.parse import urlsplit

import httpx2
import pytest
from celery.utils.nodenames import default_nodename
from hotpath.aio.tasks.states import read_state
from hotpath.tasks.broker import open_publisher
from hotpath.testing.servers import serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until
from hotpath_services.testing import RunningService, temporary_service
from hotpath_services.valkey import Valkey

from package_name.resources import Resources

from ..locks import locked
from ..shop import SERVICE
from ..users import add_user

LEASE_S = 1
BEGUN_WITHIN_S = 20.0
ANSWERS_WITHIN_S = 1.0
DONE_WITHIN_S = 30.0
ENDS_WITHIN_S = 10.0
FROZEN_S = 6.0
"""Longer than the timeouts of a connection."""


@pytest.fixture
def broker() -> Iterator[RunningService]:
    with temporary_service(Valkey(SERVICE)) as running:
        yield running


@pytest.fixture
def place(workspace: Workspace, broker: RunningService) -> Workspace:
    """Return a place with a broker of its own, where what was not done is soon done again."""
    return workspace.with_settings(
        TASKS__BROKER_URL=broker.url,
        TASKS__LEASE_S=LEASE_S,
        TASKS__RESEND_S=1,
        TASKS__WORKER_PROCESSES=1,
    )


@pytest.fixture
def http(place: Workspace) -> Iterator[httpx2.Client]:
    with serving(place) as server:
        yield server.http


def busy_processes(place: Workspace) -> set[int]:
    """Return the processes of the worker that have begun a task."""
    with closing(open_publisher(SERVICE, place.settings().tasks)) as publisher:
        workers = [default_nodename(None)]
        asked = publisher.control.inspect(destination=workers, timeout=ANSWERS_WITHIN_S)
        active = (asked.active() or {}).values()
    return {task["worker_pid"] for tasks in active for task in tasks}


def enqueued(http: httpx2.Client) -> str:
    """Enqueue a task; return its id."""
    taken = http.post(f"/users/{add_user(http)['id']}/welcome")
    assert taken.status_code == 202, taken.text
    return taken.json()["task_id"]


def is_done(http: httpx2.Client, *task_ids: str) -> bool:
    """Tell whether tasks have succeeded."""
    return {http.get(f"/tasks/{each}").json()["state"] for each in task_ids} == {"succeeded"}


async def test_a_killed_worker_loses_no_task_and_a_stopped_one_finishes_its_own(
    place: Workspace, resources: Resources, http: httpx2.Client
) -> None:
    task_id = enqueued(http)
    async with locked(resources.db, "tasks"):  # the task waits here for its first step
        with place.start("worker") as worker:
            assert wait_until(lambda: bool(busy_processes(place)), BEGUN_WITHIN_S)
            os.killpg(worker.process.pid, signal.SIGKILL)
    state = await read_state(resources.db, task_id)
    assert state is not None
    assert state.state in {"queued", "running"}

    last = enqueued(http)
    async with AsyncExitStack() as lock:
        await lock.enter_async_context(locked(resources.db, "tasks"))
        with place.start("worker") as worker:
            assert wait_until(lambda: bool(busy_processes(place)), BEGUN_WITHIN_S)
            worker.stop()
            assert wait_until(lambda: "worker stopping" in worker.log.read_text(), ENDS_WITHIN_S)
            await lock.aclose()
            assert worker.ends_within(ENDS_WITHIN_S) == 0

    with place.start("worker"):
        assert wait_until(lambda: is_done(http, task_id, last), DONE_WITHIN_S)


async def test_a_worker_repeats_the_task_of_a_killed_process(
    place: Workspace, resources: Resources, http: httpx2.Client
) -> None:
    task_id = enqueued(http)
    with place.start("worker") as worker:
        async with locked(resources.db, "tasks"):
            assert wait_until(lambda: bool(busy_processes(place)), BEGUN_WITHIN_S)
            [killed] = busy_processes(place)
            os.kill(killed, signal.SIGKILL)
        assert wait_until(lambda: is_done(http, task_id), DONE_WITHIN_S)
        assert worker.process.poll() is None


def test_a_worker_whose_broker_freezes_goes_on(
    place: Workspace, broker: RunningService, http: httpx2.Client
) -> None:
    assert broker.pid is not None
    first = enqueued(http)
    with place.start("worker") as worker:
        assert wait_until(lambda: is_done(http, first), DONE_WITHIN_S)
        for _ in range(2):
            os.kill(broker.pid, signal.SIGSTOP)
            task_id = enqueued(http)
            sleep(FROZEN_S)
            os.kill(broker.pid, signal.SIGCONT)
            assert wait_until(partial(is_done, http, task_id), DONE_WITHIN_S)
        assert worker.process.poll() is None


def test_a_worker_whose_broker_restarts_goes_on(
    place: Workspace, broker: RunningService, http: httpx2.Client
) -> None:
    assert broker.pid is not None
    first = enqueued(http)
    with place.start("worker") as worker:
        assert wait_until(lambda: is_done(http, first), DONE_WITHIN_S)
        os.kill(broker.pid, signal.SIGKILL)
        task_id = enqueued(http)
        sleep(1)
        with temporary_service(Valkey(SERVICE), urlsplit(broker.url).port):
            last = enqueued(http)
            assert wait_until(lambda: is_done(http, task_id, last), DONE_WITHIN_S)
            assert worker.process.poll() is None
            worker.stop()
            assert worker.ends_within(ENDS_WITHIN_S) == 0


def test_live_workers_are_counted(place: Workspace, http: httpx2.Client) -> None:
    def workers() -> int:
        return http.get("/readyz").json()["tasks"]["workers"]

    assert workers() == 0
    with place.start("worker"):
        assert wait_until(lambda: workers() == 1, BEGUN_WITHIN_S)
        status = place.run("tasks", "status").stdout
    assert "queue: ok\nworkers: 1\nwaiting: 0\n" in status
