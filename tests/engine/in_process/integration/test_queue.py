"""The queue in this process: bounded, in order, and drained before it closes."""

from asyncio import Lock
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from time import monotonic
from typing import Any

import pytest
from hotpath.aio.concurrency import pause
from hotpath.aio.tasks import relay, runner
from hotpath.aio.tasks.states import claim_task, insert_tasks
from hotpath.aio.tasks.tasks import Tasks
from hotpath.db.errors import DatabaseUnavailable
from hotpath.tasks.model import InvalidPayload, QueueUnavailable, TaskOut
from hotpath.tasks.priority import Priority
from hotpath.tasks.rows import new_row
from hotpath.tasks.task import task
from hotpath.testing.workspace import Workspace

from package_name.resources import Resources

from ..log_lines import logging_as_in_production
from ..own_tasks import ended, happens, running_backend, running_tasks
from ..quiet_resources import quiet_resources

MANY = 200


@pytest.fixture
async def resources(workspace: Workspace) -> AsyncIterator[Resources]:
    """Open what a process has that leaves tasks to others."""
    async with quiet_resources(workspace.with_settings(TASKS__RUNNERS=0)) as opened:
        yield opened


async def states(resources: Resources, ids: Sequence[str]) -> list[TaskOut]:
    found = [await resources.tasks.status(task_id) for task_id in ids]
    return [state for state in found if state is not None]


async def is_taken(tasks: Tasks, task_id: str) -> bool:
    """Wait until a task runs; return whether it does."""

    async def runs() -> bool:
        state = await tasks.status(task_id)
        return state is not None and state.state == "running"

    return await happens(runs)


async def test_accepted_tasks_are_done_before_the_queue_closes(resources: Resources) -> None:
    gate = Lock()

    @task()
    async def wait(_: Resources, number: int) -> int:
        async with gate:
            return number

    async with running_tasks(resources, [wait], runners=2) as tasks, gate:
        ids = [await tasks.enqueue(wait, number) for number in range(20)]

    assert [each.result for each in await states(resources, ids)] == list(range(20))


async def test_a_full_queue_says_so_and_takes_tasks_again_later(resources: Resources) -> None:
    gate = Lock()
    taken: list[str] = []

    @task()
    async def wait(_: Resources) -> None:
        async with gate:
            pass

    async with running_tasks(resources, [wait], queue_size=2, runners=1) as tasks:
        async with gate:
            while await tasks.state() == "ok":
                taken.append(await tasks.enqueue(wait, None))
                await pause(0.01)  # it is handed over soon
            with pytest.raises(QueueUnavailable, match="2 tasks are waiting, which is the limit"):
                await tasks.enqueue(wait, None)
            assert await tasks.state() == "degraded"
        assert len(taken) >= 2
        assert await ended(tasks, taken)
        taken.append(await tasks.enqueue(wait, None))
        assert await tasks.state() == "ok"

    metrics = resources.metrics
    assert metrics.total(metrics.tasks_accepted, "wait") == len(taken)
    assert metrics.total(metrics.tasks_refused, "wait") == 1
    assert {each.state for each in await states(resources, taken)} == {"succeeded"}


async def test_who_enqueues_may_wait_for_room(resources: Resources) -> None:
    @task()
    async def nap(_: Resources) -> None:
        await pause(0.05)

    limits = {"queue_size": 1, "runners": 1, "enqueue_wait_s": 10.0}
    async with running_tasks(resources, [nap], **limits) as tasks:
        ids = []
        for _ in range(10):
            ids.append(await tasks.enqueue(nap, None))
            await pause(0.01)

    assert {each.state for each in await states(resources, ids)} == {"succeeded"}


async def test_many_at_once_do_not_make_the_queue_longer_than_it_may_be(
    resources: Resources,
) -> None:
    gate = Lock()

    @task()
    async def count(_: Resources, number: int) -> int:
        async with gate:
            return number

    async with running_backend(resources, [count], queue_size=10) as (tasks, backend):
        async with gate:
            ids = await tasks.enqueue_all(count, range(MANY))
            waiting = await backend.waiting()
            await pause(0.2)
            most = max(waiting, await backend.waiting())
        assert await ended(tasks, ids, within_s=60)

    assert most <= 10
    assert [each.result for each in await states(resources, ids)] == list(range(MANY))


async def test_an_urgent_task_overtakes_those_that_wait(resources: Resources) -> None:
    gate = Lock()
    order: list[str] = []

    @task()
    async def note(_: Resources, name: str) -> None:
        async with gate:
            order.append(name)

    async with running_tasks(resources, [note], runners=1) as tasks, gate:
        assert await is_taken(tasks, await tasks.enqueue(note, "first"))
        await tasks.enqueue(note, "low", priority=Priority.LOW)
        await tasks.enqueue(note, "normal")
        await tasks.enqueue(note, "high", priority=Priority.HIGH)
        await pause(0.2)  # all are handed over

    assert order == ["first", "high", "normal", "low"]


async def test_tasks_that_raise_or_end_themselves_do_not_stop_others(resources: Resources) -> None:
    @task(retries=0)
    async def fail(_: Resources) -> None:
        raise ValueError("no luck")

    @task(retries=0)
    async def leave(_: Resources) -> None:
        raise SystemExit(7)

    @task(retries=0)
    async def unstorable(_: Resources) -> object:
        return object()

    @task()
    async def work(_: Resources) -> str:
        return "done"

    declared = [fail, leave, unstorable, work]
    async with running_tasks(resources, declared, runners=1) as tasks:
        ids = [await tasks.enqueue(each, None) for each in declared]

    assert [(each.state, each.error) for each in await states(resources, ids)] == [
        ("failed", "ValueError: no luck"),
        ("failed", "Contained: it called sys.exit(7)"),
        (
            "failed",
            "PydanticSerializationError: Unable to serialize unknown type: <class 'object'>",
        ),
        ("succeeded", None),
    ]


async def test_a_task_that_hangs_is_given_up_and_others_go_on(resources: Resources) -> None:
    gate = Lock()

    @task(retries=0)
    async def hang(_: Resources) -> None:
        async with gate:
            pass

    @task()
    async def work(_: Resources) -> str:
        return "done"

    limits = {"runners": 1, "time_limit_s": 0.3}
    async with running_tasks(resources, [hang, work], **limits) as tasks, gate:
        started = monotonic()
        ids = [await tasks.enqueue(each, None) for each in (hang, work)]
        assert await ended(tasks, ids)
        took_s = monotonic() - started

    assert took_s < 5
    assert [(each.state, each.error) for each in await states(resources, ids)] == [
        ("failed", "TaskTimeout: it took longer than 0.3 s"),
        ("succeeded", None),
    ]


async def test_a_task_that_was_given_up_runs_again_and_its_first_run_ends_nothing(
    resources: Resources,
) -> None:
    first, second = Lock(), Lock()
    runs: list[int] = []

    @task(retries=1)
    async def hang(_: Resources) -> int:
        run = len(runs)
        runs.append(run)
        async with (first, second)[run]:
            return run

    limits = {"runners": 1, "time_limit_s": 3.0, "retry_wait_s": 0.0}
    async with running_tasks(resources, [hang], **limits) as tasks:
        await second.acquire()
        async with first:
            task_id = await tasks.enqueue(hang, None)

            async def is_second() -> bool:
                return len(runs) == 2

            assert await happens(is_second)
        await pause(0.3)  # the first run ends, where it could not be cancelled
        [during] = await states(resources, [task_id])
        second.release()
        assert await ended(tasks, [task_id])

    [state] = await states(resources, [task_id])
    assert during.state == "running"
    assert (state.state, state.result) == ("succeeded", 1)


async def test_a_task_that_must_not_run_twice_is_lost_when_its_process_stops(
    resources: Resources,
) -> None:
    gate = Lock()

    @task(reruns=False)
    async def pay(_: Resources) -> None:
        async with gate:
            pass

    async with gate, running_tasks(resources, [pay], runners=1, drain_s=0.2) as tasks:
        task_id = await tasks.enqueue(pay, None)
        assert await is_taken(tasks, task_id)

    [state] = await states(resources, [task_id])
    assert (state.state, state.error) == ("lost", "the process that ran it was stopped")
    metrics = resources.metrics
    assert metrics.total(metrics.tasks_finished, "pay", "lost") == 1


async def test_a_process_ends_while_its_database_is_away(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Lock()

    @task()
    async def wait(_: Resources) -> None:
        async with gate:
            pass

    async def fail(*_: object) -> None:
        raise DatabaseUnavailable("it is away")

    with logging_as_in_production() as lines:
        async with gate:
            async with running_tasks(resources, [wait], runners=1, drain_s=0.2) as tasks:
                task_id = await tasks.enqueue(wait, None)
                assert await is_taken(tasks, task_id)
                monkeypatch.setattr(runner, "release_tasks", fail)
                stopped = monotonic()
            assert monotonic() - stopped < 5

    told = lines.getvalue()
    assert task_id in told
    assert "it is away" in told


async def test_a_periodic_task_is_enqueued_though_the_database_was_away_just_then(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []
    insert = relay.insert_tasks

    async def fail_first(*arguments: Any) -> list[str | None]:
        tries.append(1)
        if len(tries) == 1:
            raise DatabaseUnavailable("it is away")
        return await insert(*arguments)

    @task(every=timedelta(days=1))
    async def sweep(_: Resources) -> None:
        pass

    monkeypatch.setattr(relay, "insert_tasks", fail_first)
    async with running_tasks(resources, [sweep]):

        async def is_swept() -> bool:
            metrics = resources.metrics
            return metrics.total(metrics.tasks_finished, "sweep", "succeeded") == 1

        assert await happens(is_swept)
    assert len(tries) == 2


async def test_what_does_not_end_in_time_is_named_and_runs_at_the_next_start(
    resources: Resources,
) -> None:
    gate = Lock()
    runs: list[int] = []

    @task()
    async def wait(_: Resources, number: int) -> int:
        runs.append(number)
        async with gate:
            return number

    async with gate:
        with logging_as_in_production() as lines:
            async with running_tasks(resources, [wait], runners=1, drain_s=0.2) as tasks:
                ids = [await tasks.enqueue(wait, number) for number in range(3)]
                assert await is_taken(tasks, ids[0])
        left = await states(resources, ids)
    told = lines.getvalue()
    async with running_tasks(resources, [wait], runners=1) as tasks:
        assert await ended(tasks, ids)

    assert [each.state for each in left] == ["queued"] * 3
    assert "tasks left at shutdown" in told
    for task_id in ids:
        assert task_id in told
    assert [each.result for each in await states(resources, ids)] == [0, 1, 2]
    assert runs[0] == 0
    assert sorted(runs) == [0, 0, 1, 2]


async def test_while_a_process_drains_no_other_takes_its_tasks(resources: Resources) -> None:
    runs: list[int] = []

    @task()
    async def wait(_: Resources) -> None:
        runs.append(1)
        await pause(3.0)

    limits = {"runners": 1, "lease_s": 0.5, "drain_s": 10.0}
    async with running_tasks(resources, [wait], runners=1):  # another process
        async with running_tasks(resources, [wait], **limits) as tasks:
            task_id = await tasks.enqueue(wait, None)
            assert await is_taken(tasks, task_id)
        [state] = await states(resources, [task_id])

    assert state.state == "succeeded"
    assert runs == [1]


async def test_a_delayed_task_runs_then_and_not_before(resources: Resources) -> None:
    @task()
    async def work(_: Resources) -> None: ...

    async with running_tasks(resources, [work]) as tasks:
        late = await tasks.enqueue(work, None, delay_s=1.5)
        soon = await tasks.enqueue(work, None)
        assert await ended(tasks, [soon])
        [before] = await states(resources, [late])
        assert await ended(tasks, [late])
        [after] = await states(resources, [late])

    assert before.state == "queued"
    assert after.finished_at is not None
    assert (after.finished_at - after.created_at).total_seconds() >= 1.5


async def test_a_key_is_one_task(resources: Resources) -> None:
    runs: list[int] = []

    @task()
    async def pay(_: Resources, order: int) -> None:
        runs.append(order)

    async with running_tasks(resources, [pay]) as tasks:
        first = await tasks.enqueue(pay, 1, key="order-1")
        again = await tasks.enqueue(pay, 1, key="order-1")
        assert await ended(tasks, [first])
        late = await tasks.enqueue(pay, 1, key="order-1")
        other = await tasks.enqueue(pay, 2, key="order-2")

    assert first == again == late != other
    assert sorted(runs) == [1, 2]


async def test_a_task_runs_if_and_only_if_its_transaction_commits(resources: Resources) -> None:
    runs: list[str] = []

    @task()
    async def note(_: Resources, name: str) -> None:
        runs.append(name)

    async with running_tasks(resources, [note], resend_s=0.5) as tasks:
        async with resources.db.writing() as session:
            gone = await tasks.enqueue(note, "rolled back", session=session)
            await session.rollback()
        async with resources.db.writing() as session:
            kept = await tasks.enqueue(note, "committed", session=session)
            await pause(0.2)
            early = list(runs)
        assert await ended(tasks, [kept])
        await pause(2.0)  # the relay looks for more

    assert early == []
    assert runs == ["committed"]
    assert await states(resources, [gone]) == []


async def test_what_a_savepoint_holds_runs_once_all_is_committed(resources: Resources) -> None:
    runs: list[str] = []

    @task()
    async def note(_: Resources, name: str) -> None:
        runs.append(name)

    async with running_tasks(resources, [note], resend_s=60) as tasks:
        async with resources.db.writing() as session:
            async with session.begin_nested():
                task_id = await tasks.enqueue(note, "inner", session=session)
            await pause(0.3)
        assert await ended(tasks, [task_id], within_s=3)

    assert runs == ["inner"]


async def test_a_task_that_nobody_has_is_run(resources: Resources) -> None:
    """As after a crash between the commit and the hand-over."""

    @task()
    async def work(_: Resources) -> str:
        return "done"

    row = new_row(work, None, sent_in_s=0.5, is_sent=True)
    async with resources.db.writing() as session:
        await insert_tasks(session, resources.db.sql, [row])
    async with running_tasks(resources, [work]) as tasks:
        assert await ended(tasks, [row["id"]])

    [state] = await states(resources, [row["id"]])
    assert (state.state, state.result) == ("succeeded", "done")


async def test_a_task_whose_process_died_is_lost_if_it_must_not_run_again(
    resources: Resources,
) -> None:
    runs: list[int] = []

    @task(reruns=False)
    async def pay(_: Resources) -> None:
        runs.append(1)

    row = new_row(pay, None, sent_in_s=0, is_sent=True)
    async with resources.db.writing() as session:
        await insert_tasks(session, resources.db.sql, [row])
    assert await claim_task(resources.db, row["id"], "a process that died", lease_s=0)
    async with running_tasks(resources, [pay]) as tasks:
        assert await ended(tasks, [row["id"]])

    [state] = await states(resources, [row["id"]])
    assert (state.state, runs) == ("lost", [])


async def test_a_process_leaves_tasks_that_it_does_not_know_to_others(
    resources: Resources,
) -> None:
    """As while one version takes the place of another."""

    @task()
    async def old(_: Resources) -> str:
        return "old"

    @task()
    async def new(_: Resources) -> str:
        return "new"

    row = new_row(new, None, sent_in_s=0, is_sent=False)
    async with resources.db.writing() as session:
        await insert_tasks(session, resources.db.sql, [row])
    async with running_tasks(resources, [old]):
        await pause(2.5)
        [before] = await states(resources, [row["id"]])
    async with running_tasks(resources, [old, new]) as tasks:
        assert await ended(tasks, [row["id"]])

    [after] = await states(resources, [row["id"]])
    assert before.state == "queued"
    assert (after.state, after.result) == ("succeeded", "new")


async def test_what_is_no_json_is_refused_or_kept_as_json(resources: Resources) -> None:
    @task()
    async def half(_: Resources, number: float) -> list[float]:
        return [number / 2, float("nan")]

    async with running_tasks(resources, [half]) as tasks:
        with pytest.raises(InvalidPayload, match=r"payload of task half: .*float"):
            await tasks.enqueue(half, float("inf"))
        task_id = await tasks.enqueue(half, 3.0)

    [state] = await states(resources, [task_id])
    assert (state.state, state.result) == ("succeeded", [1.5, None])
