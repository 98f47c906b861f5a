"""A worker that is stopped or killed while it works: no task is lost."""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from time import monotonic

import httpx2
import pytest
from celery.utils.nodenames import default_nodename
from hotpath.aio.tasks.celery import open_queue
from hotpath.aio.tasks.states import read_state
from hotpath.aio.tasks.task import Queue
from hotpath.tasks.broker import open_broker
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until
from hotpath_services.testing import temporary_service
from hotpath_services.valkey import Valkey

from package_name.resources import Resources
from package_name.users.tasks import send_welcome

from ..locks import locked
from ..shop import SERVICE
from ..users import add_user

VISIBILITY_S = 1
BEGUN_WITHIN_S = 20.0
ANSWERS_WITHIN_S = 1.0
DONE_WITHIN_S = 20.0
ENDS_WITHIN_S = 10.0


@pytest.fixture
def place(workspace: Workspace) -> Iterator[Workspace]:
    """Return a place with a broker of its own, which soon gives away again what was not done."""
    with temporary_service(Valkey(SERVICE)) as broker:
        yield workspace.with_settings(
            TASKS__BROKER_URL=broker.url,
            TASKS__VISIBILITY_TIMEOUT_S=VISIBILITY_S,
            TASKS__WORKER_PROCESSES=1,
        )


@pytest.fixture
async def queue(place: Workspace, resources: Resources) -> AsyncIterator[Queue]:
    """Open the publishing side."""
    async with open_queue(place.settings(), resources.task_context()) as opened:
        yield opened


def busy_processes(place: Workspace) -> set[int]:
    """Return the processes of the worker that have begun a task."""
    with closing(open_broker(SERVICE, place.settings().tasks)) as broker:
        workers = [default_nodename(None)]
        asked = broker.control.inspect(destination=workers, timeout=ANSWERS_WITHIN_S)
        active = (asked.active() or {}).values()
    return {task["worker_pid"] for tasks in active for task in tasks}


async def state_of(resources: Resources, task_id: str) -> str:
    """Return the state of a task."""
    found = await read_state(resources.db, task_id)
    assert found is not None
    return found.state


async def test_a_killed_worker_loses_no_task_and_a_stopped_one_finishes_its_own(
    place: Workspace, queue: Queue, resources: Resources, http: httpx2.Client
) -> None:
    task_id = await queue.submit(send_welcome, {"user_id": add_user(http)["id"]})
    async with locked(resources.db, "tasks"):  # the task waits here for its first step
        with place.start("worker") as worker:
            assert wait_until(lambda: bool(busy_processes(place)), BEGUN_WITHIN_S)
            os.killpg(worker.process.pid, signal.SIGKILL)
        # What has been away for long enough is taken back when a new worker starts.
        killed = monotonic()
        assert wait_until(lambda: monotonic() > killed + VISIBILITY_S, DONE_WITHIN_S)
    assert await state_of(resources, task_id) == "queued"

    with place.start("worker") as worker:
        async with locked(resources.db, "tasks"):
            assert wait_until(lambda: bool(busy_processes(place)), BEGUN_WITHIN_S)
            worker.stop()
            assert wait_until(lambda: "worker stopping" in worker.log.read_text(), ENDS_WITHIN_S)
        assert worker.ends_within(ENDS_WITHIN_S) == 0
    assert await state_of(resources, task_id) == "succeeded"


async def test_a_worker_repeats_the_task_of_a_killed_process(
    place: Workspace, queue: Queue, resources: Resources, http: httpx2.Client
) -> None:
    task_id = await queue.submit(send_welcome, {"user_id": add_user(http)["id"]})
    with place.start("worker") as worker:
        async with locked(resources.db, "tasks"):
            assert wait_until(lambda: bool(busy_processes(place)), BEGUN_WITHIN_S)
            [killed] = busy_processes(place)
            os.kill(killed, signal.SIGKILL)
            assert wait_until(lambda: bool(busy_processes(place) - {killed}), BEGUN_WITHIN_S)
        assert wait_until(lambda: '"task succeeded"' in worker.log.read_text(), DONE_WITHIN_S)
    assert await state_of(resources, task_id) == "succeeded"
