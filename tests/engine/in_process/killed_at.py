"""A process that ends at one step of the life of a task, as if it was killed: `STEP KEY`."""

import os
import sys
from typing import Any

from hotpath.aio.concurrency import pause, run
from hotpath.aio.tasks import runner
from hotpath.aio.tasks.in_process import InProcessBackend
from hotpath.aio.tasks.relay import Relay
from hotpath.observability.metrics import Metrics
from hotpath.tasks.task import task

from package_name.resources import Resources, open_resources

from .own_tasks import running_tasks
from .shop import SERVICE

STEPS = ("before commit", "after commit", "handed over", "claimed", "after effect", "before end")
LIMITS = {"lease_s": 0.5, "resend_s": 0.5}
KILLED = 9
LASTS_S = 30.0


@task()
async def note(resources: Resources, key: str) -> str:
    return key


@task()
async def have_effect(resources: Resources, key: str) -> None:
    """Have one effect, however often this runs."""
    await resources.tasks.enqueue(note, key, key=key)
    die_at("after effect")


DECLARED = (note, have_effect)


def die(*_: Any) -> Any:
    """End this process without doing anything more."""
    os._exit(KILLED)


def die_at(step: str) -> None:
    """Do so if this is the step."""
    if sys.argv[1:2] == [step]:
        die()


async def claim_and_die(*arguments: Any) -> Any:
    await claim_task(*arguments)
    die()


claim_task = runner.claim_task
PLACES: dict[str, tuple[Any, str, Any]] = {
    "after commit": (Relay, "hand_over", die),
    "handed over": (InProcessBackend, "send", die),
    "claimed": (runner, "claim_task", claim_and_die),
    "before end": (runner, "finish_task", die),
}


async def main(step: str, key: str) -> None:
    """Enqueue a task, and run it as far as that."""
    if step in PLACES:
        place, name, substitute = PLACES[step]
        setattr(place, name, substitute)
    settings = SERVICE.read_settings()
    async with (
        open_resources(settings, Metrics("shop")) as resources,
        running_tasks(resources, DECLARED, **LIMITS) as tasks,
    ):
        async with resources.db.writing() as session:
            await tasks.enqueue(have_effect, key, key=key, session=session)
            die_at("before commit")
        await pause(LASTS_S)


if __name__ == "__main__":
    run(main(*sys.argv[1:]))
