"""The processes of a Celery worker are profiled from outside, by the pid of the worker."""

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hotpath.aio.tasks.celery import open_queue
from hotpath.aio.tasks.task import Queue
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until
from hotpath_services.testing import temporary_service
from hotpath_services.valkey import Valkey

from package_name.resources import Resources

from ..burning_task import burn_long
from ..profiles import TESTS, hottest, planted
from ..shop import SERVICE

STARTS_WITHIN_S = 20.0


@pytest.fixture
async def place(workspace: Workspace, tmp_path: Path) -> AsyncIterator[Workspace]:
    with temporary_service(Valkey(SERVICE)) as broker:
        place = planted(workspace, tmp_path)
        feature = tmp_path / "src" / SERVICE.package / "planted"
        shutil.copy(TESTS / "burning_task.py", feature / "tasks.py")
        yield place.with_settings(TASKS__BROKER_URL=broker.url, TASKS__WORKER_PROCESSES=1)


@pytest.fixture
async def queue(place: Workspace, resources: Resources) -> AsyncIterator[Queue]:
    async with open_queue(place.settings(), resources.task_context()) as opened:
        yield opened


async def test_a_worker_is_profiled_while_it_works(
    place: Workspace, queue: Queue, tmp_path: Path
) -> None:
    output = tmp_path / "out.json"
    with place.start("worker") as worker:
        await queue.submit(burn_long, {})
        assert wait_until(lambda: "burning" in worker.log.read_text(), STARTS_WITHIN_S)
        pid = str(worker.process.pid)
        done = place.run("profile", "cpu", "--pid", pid, "--seconds", "2", "-o", str(output))

    assert done.returncode == 0, done.stderr
    assert hottest(json.loads(output.read_text())) == "burn"
