"""The processes of a Celery worker are profiled from outside, by the pid of the worker."""

import json
from pathlib import Path

from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until

from package_name.resources import Resources

from ..planted import planted_place, tasks_of
from ..planted_tasks import burn_long
from ..profiles import hottest

STARTS_WITHIN_S = 20.0


async def test_a_worker_is_profiled_while_it_works(
    workspace: Workspace, resources: Resources, tmp_path: Path
) -> None:
    output = tmp_path / "out.json"
    with planted_place(workspace, tmp_path, TASKS__WORKER_PROCESSES=1) as place:
        async with tasks_of(place, resources) as (tasks, _):
            await tasks.enqueue(burn_long, None)
            with place.start("worker") as worker:
                assert wait_until(lambda: "burning" in worker.log.read_text(), STARTS_WITHIN_S)
                pid = str(worker.process.pid)
                options = ("--pid", pid, "--seconds", "2", "-o", str(output))
                done = place.run("profile", "cpu", *options)

    assert done.returncode == 0, done.stderr
    assert hottest(json.loads(output.read_text())) == "burn"
