"""How a task ends, whoever runs it."""

from datetime import timedelta

import pytest
from hotpath.aio.tasks.states import create_state, finish_state, purge_states, read_state
from hotpath.aio.tasks.task import Arguments, Task, TaskContext, run_task
from hotpath.db.models import utc_now
from hotpath.tasks.model import TaskOut
from pydantic import JsonValue

from package_name.resources import Resources


async def _double(_: TaskContext, arguments: Arguments) -> JsonValue:
    return {"doubled": int(str(arguments["number"])) * 2}


async def _fail(_: TaskContext, arguments: Arguments) -> JsonValue:
    raise ValueError(arguments["reason"])


DOUBLE = Task("double", _double)
FAIL = Task("fail", _fail)


async def state_after(
    resources: Resources, task: Task, arguments: Arguments, *, runs: int = 1
) -> TaskOut:
    """Run a new task so many times and return its state."""
    task_id = await create_state(resources.db, task.name)
    for _ in range(runs):
        await run_task(resources.task_context(), task, task_id, arguments)
    state = await read_state(resources.db, task_id)
    assert state is not None
    return state


async def test_a_new_task_is_queued(resources: Resources) -> None:
    state = await state_after(resources, DOUBLE, {}, runs=0)

    assert (state.name, state.state, state.result, state.error) == ("double", "queued", None, None)
    assert state.finished_at is None


async def test_a_result_is_kept(resources: Resources) -> None:
    state = await state_after(resources, DOUBLE, {"number": 21})

    assert (state.state, state.result, state.error) == ("succeeded", {"doubled": 42}, None)
    assert state.finished_at is not None
    assert state.finished_at >= state.created_at


async def test_an_error_is_kept(resources: Resources) -> None:
    state = await state_after(resources, FAIL, {"reason": "no luck"})

    assert (state.state, state.result, state.error) == ("failed", None, "ValueError: no luck")
    assert state.finished_at is not None


@pytest.mark.parametrize("reason", ["x" * 2000, "a\0b", "half a character: \ud800", "é" * 600])
async def test_any_error_can_be_kept(resources: Resources, reason: str) -> None:
    state = await state_after(resources, FAIL, {"reason": reason})

    assert state.state == "failed"
    assert state.error is not None
    assert state.error.startswith("ValueError: ")
    assert len(state.error) <= 500


@pytest.mark.parametrize(("task", "end"), [(DOUBLE, "succeeded"), (FAIL, "failed")])
async def test_a_finished_task_does_not_run_again(
    resources: Resources, task: Task, end: str
) -> None:
    runs = []

    async def counted(context: TaskContext, arguments: Arguments) -> JsonValue:
        runs.append(arguments)
        return await task.run(context, arguments)

    state = await state_after(
        resources, Task(task.name, counted), {"number": 1, "reason": "no luck"}, runs=3
    )

    assert (len(runs), state.state) == (1, end)


async def test_old_states_are_purged_and_young_ones_stay(resources: Resources) -> None:
    young = await create_state(resources.db, "young")
    await finish_state(resources.db, young, None)

    await purge_states(resources.db, utc_now() - timedelta(days=1), int)
    assert await read_state(resources.db, young) is not None

    await purge_states(resources.db, utc_now(), int)
    assert await read_state(resources.db, young) is None


async def test_a_task_that_waits_is_not_purged_however_old(resources: Resources) -> None:
    waiting = await create_state(resources.db, "waiting")

    await purge_states(resources.db, utc_now(), int)

    assert await read_state(resources.db, waiting) is not None
