"""`/readyz` asks all dependencies at once: a slow one does not add to another."""

from threading import Barrier
from types import SimpleNamespace
from typing import cast

from hotpath.aio.concurrency import run_blocking
from hotpath.aio.reports import read_readiness
from hotpath.aio.resources import Draining, Resources
from hotpath.tasks.model import TasksReport

from ..shop import SERVICE

WAITS_S = 10.0
FIGURES = TasksReport(workers=1, waiting=2, oldest_s=3.0)


async def test_dependencies_are_asked_side_by_side() -> None:
    together = Barrier(3)  # breaks unless all three wait

    async def state() -> str:
        await run_blocking(together.wait, WAITS_S)
        return "ok"

    async def applied() -> None:
        await state()

    async def report() -> TasksReport:
        return FIGURES

    dependency = SimpleNamespace(applied_revisions=applied, state=state, report=report)
    resources = SimpleNamespace(
        db=dependency,
        cache=dependency,
        tasks=dependency,
        draining=Draining(),
        settings=SimpleNamespace(service=SERVICE),
    )

    readiness = await read_readiness(cast(Resources, resources))

    assert readiness.status == "ready"
    assert readiness.tasks == FIGURES
