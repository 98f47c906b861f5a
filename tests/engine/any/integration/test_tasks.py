"""What becomes of a task, whoever runs it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import pytest
from hotpath.aio.concurrency import pause
from hotpath.aio.db.database import Database
from hotpath.aio.tasks.ended import list_failed, purge_states, retry_failed
from hotpath.aio.tasks.relay import missing_before
from hotpath.aio.tasks.runner import TaskRunner
from hotpath.aio.tasks.states import (
    count_waiting,
    insert_tasks,
    read_state,
    take_due,
    unsend_tasks,
)
from hotpath.db.errors import NotFound
from hotpath.db.models import utc_now
from hotpath.settings import TaskSettings
from hotpath.tasks.model import KnownTasks, Message, TaskOut, TaskRow
from hotpath.tasks.rows import new_row, periodic_row
from hotpath.tasks.task import Task, task

from package_name.resources import Resources

SETTINGS = TaskSettings(lease_s=0.5, resend_s=0.5, retry_wait_s=0, retry_max_wait_s=0)
MANY = 100_000


@task(retries=2)
async def double(resources: Resources, number: int) -> dict[str, int]:
    return {"doubled": number * 2}


@task(retries=2)
async def fail(resources: Resources, reason: str) -> None:
    raise ValueError(reason)


@task(reruns=False)
async def pay(resources: Resources) -> str:
    return "paid"


@task(every=timedelta(hours=1))
async def sweep(resources: Resources) -> None:
    pass


DECLARED = [double, fail, pay, sweep]


@pytest.fixture
def db(resources: Resources) -> Database:
    return resources.db


@pytest.fixture
def runner(resources: Resources) -> TaskRunner:
    """Return what a process runs tasks with."""
    made = TaskRunner(resources.db, DECLARED, SETTINGS, resources.metrics)
    made.resources = resources
    return made


async def enqueued(db: Database, declared: Task, payload: object = None, **options: object) -> str:
    """Write a task that nobody is told of; return its id."""
    row = new_row(declared, payload, **{"sent_in_s": MANY, "is_sent": False, **options})
    async with db.writing() as session:
        await insert_tasks(session, db.sql, [row])
    return row["id"]


async def state_of(db: Database, task_id: str) -> TaskOut:
    state = await read_state(db, task_id)
    assert state is not None
    return state


async def test_a_result_is_kept(db: Database, runner: TaskRunner) -> None:
    task_id = await enqueued(db, double, 21)
    queued = await state_of(db, task_id)
    await runner.run(task_id)
    state = await state_of(db, task_id)

    assert (queued.name, queued.state, queued.result) == ("double", "queued", None)
    assert (state.state, state.result, state.error) == ("succeeded", {"doubled": 42}, None)
    assert state.finished_at is not None
    assert state.finished_at >= state.created_at


async def test_a_task_that_raises_runs_again_until_it_has_failed(
    db: Database, runner: TaskRunner
) -> None:
    task_id = await enqueued(db, fail, "no luck")
    states = []
    for _ in range(5):
        await runner.run(task_id)
        states.append((await state_of(db, task_id)).state)

    assert states == ["queued", "queued", "failed", "failed", "failed"]
    assert (await state_of(db, task_id)).error == "ValueError: no luck"


async def test_an_error_that_the_task_throws_is_final(db: Database, resources: Resources) -> None:
    @task(throws=(NotFound,))
    async def find(resources: Resources) -> None:
        raise NotFound.named("user", 7)

    task_id = await enqueued(db, find)
    await TaskRunner(db, [find], SETTINGS, resources.metrics).run(task_id)

    state = await state_of(db, task_id)
    assert (state.state, state.error) == ("failed", "NotFound: user 7 does not exist")


async def test_a_task_that_no_feature_has_fails(db: Database, resources: Resources) -> None:
    task_id = await enqueued(db, double, 1)
    await TaskRunner(db, [], SETTINGS, resources.metrics).run(task_id)

    state = await state_of(db, task_id)
    assert (state.state, state.error) == ("failed", "CannotRun: no feature has a task double")


@pytest.mark.parametrize("reason", ["x" * 2000, "a\0b", "é" * 600])
async def test_any_error_can_be_kept(db: Database, resources: Resources, reason: str) -> None:
    @task(retries=0)
    async def raises(resources: Resources) -> None:
        raise ValueError(reason)

    task_id = await enqueued(db, raises)
    await TaskRunner(db, [raises], SETTINGS, resources.metrics).run(task_id)

    error = (await state_of(db, task_id)).error
    assert error is not None
    assert error.startswith("ValueError: ")
    assert len(error) <= 500


async def test_a_finished_task_does_not_run_again(db: Database, runner: TaskRunner) -> None:
    task_id = await enqueued(db, double, 1)
    await runner.run(task_id)
    ended = await state_of(db, task_id)
    await runner.run(task_id)

    assert await state_of(db, task_id) == ended


async def test_a_task_runs_in_one_process_at_a_time(db: Database, resources: Resources) -> None:
    runs = []
    second: list[TaskRunner] = []

    @task()
    async def run_elsewhere(resources: Resources) -> None:
        runs.append(1)
        await second[0].run(task_id)

    declared = [run_elsewhere]
    first = TaskRunner(db, declared, SETTINGS, resources.metrics)
    second.append(TaskRunner(db, declared, SETTINGS, resources.metrics))
    task_id = await enqueued(db, run_elsewhere)
    await first.run(task_id)

    assert runs == [1]


async def taken(db: Database, task_id: str, *, waiting: int | None = 0) -> bool:
    """Tell whether a task is due now, and take it, while others wait where it is handed to."""
    found: list[Message] = await take_due(db, MANY, MANY, sent_before=missing_before(waiting))
    return task_id in {each.task_id for each in found}


async def test_what_is_due_is_taken_once(db: Database) -> None:
    later = await enqueued(db, double, 1, sent_in_s=MANY)
    due = await enqueued(db, double, 1, sent_in_s=0)

    assert not await taken(db, later)
    task_id = await enqueued(db, double, 1, sent_in_s=0)
    assert await taken(db, task_id)
    assert not await taken(db, task_id)
    assert not await taken(db, due)


async def test_what_waits_where_it_was_sent_is_sent_again_only_if_nothing_waits_there(
    db: Database,
) -> None:
    task_id = await enqueued(db, double, 1, sent_in_s=0, is_sent=True)

    assert not await taken(db, task_id, waiting=1)
    assert not await taken(db, task_id, waiting=None)
    assert await taken(db, task_id)

    await unsend_tasks(db, [task_id], 0)
    assert await taken(db, task_id, waiting=1)


async def test_what_was_sent_long_ago_is_sent_again_while_few_wait(db: Database) -> None:
    """Its message is lost, and the queue is never empty; one that is long would be sent twice."""
    task_id = await enqueued(db, double, 1, sent_in_s=-601, is_sent=True)

    assert not await taken(db, task_id, waiting=101)
    assert await taken(db, task_id, waiting=100)
    assert not await taken(db, task_id, waiting=100)


async def test_a_task_waits_from_when_it_can_run(db: Database) -> None:
    before, _ = await count_waiting(db, SETTINGS.resend_s)
    await enqueued(db, double, 1, sent_in_s=0, delay_s=-1e6)
    await enqueued(db, double, 1, sent_in_s=90, delay_s=90.0)

    waiting, since = await count_waiting(db, SETTINGS.resend_s)

    assert waiting == before + 1
    assert since is not None
    assert (utc_now() - since).total_seconds() >= 1e6


async def test_a_task_whose_process_died_is_due_after_its_lease(
    db: Database, runner: TaskRunner, resources: Resources
) -> None:
    other = TaskRunner(db, DECLARED, SETTINGS, resources.metrics)
    dies = await died(db, other, double, 4)

    assert not await taken(db, dies)
    await pause(SETTINGS.lease_s)
    assert await taken(db, dies)
    await runner.run(dies)
    assert (await state_of(db, dies)).result == {"doubled": 8}


async def test_a_task_that_must_not_run_twice_is_lost_with_its_process(
    db: Database, resources: Resources
) -> None:
    other = TaskRunner(db, DECLARED, SETTINGS, resources.metrics)
    dies = await died(db, other, pay, None)
    lost = partial(resources.metrics.total, resources.metrics.tasks_finished, "pay", "lost")
    before = lost()
    await other.lose()
    assert (await state_of(db, dies)).state == "running"
    await pause(SETTINGS.lease_s)

    await other.lose()
    assert lost() == before + 1
    state = await state_of(db, dies)
    assert (state.state, state.error) == ("lost", "the process that ran it died")
    assert dies in {row.id for row in await list_failed(db, MANY)}

    assert await retry_failed(db, [dies]) == [dies]
    again = await state_of(db, dies)
    assert (again.state, again.error, again.finished_at) == ("queued", None, None)


async def test_a_task_that_must_not_run_twice_is_taken_by_nobody(
    db: Database, resources: Resources
) -> None:
    dies = await died(db, TaskRunner(db, DECLARED, SETTINGS, resources.metrics), pay, None)
    await pause(SETTINGS.lease_s)

    for once, is_taken in (["pay"], False), ([], True):
        known = KnownTasks(["pay"], once)
        found: list[Message] = await take_due(db, MANY, MANY, sent_before=None, known=known)
        assert (dies in {each.task_id for each in found}) is is_taken


async def test_an_error_is_kept_without_the_values_of_people(
    db: Database, resources: Resources
) -> None:
    told = 'duplicate key violates "unique"\nDETAIL:  Key (email)=(ada@example.com) is there.'

    @task(retries=0)
    async def repeat(resources: Resources) -> None:
        raise ValueError(told)

    task_id = await enqueued(db, repeat)
    await TaskRunner(db, [repeat], SETTINGS, resources.metrics).run(task_id)

    assert (await state_of(db, task_id)).error == 'ValueError: duplicate key violates "unique"\n…'


async def died(db: Database, runner: TaskRunner, declared: Task, payload: object) -> str:
    """Return a task of a process that has died while it ran."""
    task_id = await enqueued(db, declared, payload)
    claimed = await runner.claim(task_id)
    assert claimed is not None
    return task_id


async def test_a_task_that_kills_its_process_each_time_fails_in_the_end(
    db: Database, runner: TaskRunner, resources: Resources
) -> None:
    task_id = await enqueued(db, double, 1)
    for _ in range(1 + double.retries):
        other = TaskRunner(db, DECLARED, SETTINGS, resources.metrics)
        assert await other.claim(task_id)
        await pause(SETTINGS.lease_s)
        assert await taken(db, task_id)
    await runner.run(task_id)

    state = await state_of(db, task_id)
    assert (state.state, state.error) == (
        "failed",
        "CannotRun: its process died in each of 3 attempts",
    )


async def test_a_lease_is_renewed(db: Database, resources: Resources) -> None:
    renewed: list[bool] = []

    @task()
    async def wait(resources: Resources) -> None:
        for _ in range(3):
            await pause(SETTINGS.lease_s / 2)
            await runner.renew()
            renewed.append(await taken(db, task_id))

    runner = TaskRunner(db, [wait], SETTINGS, resources.metrics)
    task_id = await enqueued(db, wait)
    await runner.run(task_id)

    assert renewed == [False] * 3
    assert (await state_of(db, task_id)).state == "succeeded"


async def test_a_period_has_one_task(db: Database) -> None:
    now = utc_now()
    for _ in range(3):
        row, ends_at = periodic_row(sweep, now)
        async with db.writing() as session:
            inserted = await insert_tasks(session, db.sql, [row])
        assert now < ends_at <= now + timedelta(hours=1)
    assert inserted == [None]


async def test_old_tasks_are_purged_and_those_that_wait_stay(
    db: Database, runner: TaskRunner
) -> None:
    ended, waiting = await enqueued(db, double, 1), await enqueued(db, double, 1)
    await runner.run(ended)

    await purge_states(db, utc_now() - timedelta(days=1), int)
    assert await read_state(db, ended) is not None

    await purge_states(db, utc_now(), int)
    assert await read_state(db, ended) is None
    assert await read_state(db, waiting) is not None


@pytest.fixture(autouse=True)
async def no_tasks_left(db: Database) -> AsyncIterator[None]:
    """Leave no task that a process of another test would run, or count."""
    yield
    async with db.writing() as session:
        await session.execute(TaskRow.__table__.delete())
