"""`/readyz` asks all dependencies at once: a slow one does not add to another."""

from threading import Barrier
from types import SimpleNamespace
from typing import cast

from hotpath.aio.concurrency import run_blocking
from hotpath.aio.reports import read_readiness
from hotpath.aio.resources import Draining, Resources

WAITS_S = 10.0


async def test_dependencies_are_asked_side_by_side() -> None:
    together = Barrier(3)  # breaks unless all three wait

    async def state() -> str:
        await run_blocking(together.wait, WAITS_S)
        return "ok"

    dependency = SimpleNamespace(ping=state, state=state)
    resources = SimpleNamespace(
        db=dependency, cache=dependency, queue=dependency, draining=Draining()
    )

    readiness = await read_readiness(cast(Resources, resources))

    assert readiness.status == "ready"
