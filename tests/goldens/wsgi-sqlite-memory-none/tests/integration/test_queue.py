"""The queue in this process: bounded, and emptied before it closes."""

from threading import Lock

import pytest
from pydantic import JsonValue

from shop.resources import Resources
from shop.tasks.backend import open_queue
from shop.tasks.settings import TaskSettings
from shop.tasks.states import read_state
from shop.tasks.task import Arguments, QueueUnavailable, Task, TaskContext

SMALL = TaskSettings(queue_size=2, runners=1)


def test_accepted_tasks_are_done_before_the_queue_closes(resources: Resources) -> None:
    gate = Lock()

    def wait(_: TaskContext, arguments: Arguments) -> JsonValue:
        with gate:
            return arguments["number"]

    task = Task("wait", wait)
    with open_queue(resources.task_context(), TaskSettings(runners=2)) as queue, gate:
        ids = [queue.submit(task, {"number": number}) for number in range(20)]

    states = [read_state(resources.db, task_id) for task_id in ids]
    assert [state.result for state in states if state is not None] == list(range(20))


def test_a_full_queue_says_so_and_takes_tasks_again_later(resources: Resources) -> None:
    gate = Lock()
    taken: list[str] = []

    def wait(_: TaskContext, __: Arguments) -> JsonValue:
        with gate:
            return None

    def fill() -> None:
        for _ in range(SMALL.queue_size + SMALL.runners + 1):
            taken.append(queue.submit(Task("wait", wait), {}))

    with open_queue(resources.task_context(), SMALL) as queue:
        with gate:
            with pytest.raises(QueueUnavailable):
                fill()
            assert queue.state() == "degraded"
        assert len(taken) >= SMALL.queue_size

    states = [read_state(resources.db, task_id) for task_id in taken]
    assert {state.state for state in states if state is not None} == {"succeeded"}


def test_a_failing_task_does_not_end_its_runner(resources: Resources) -> None:
    def fail(_: TaskContext, __: Arguments) -> JsonValue:
        raise ValueError

    with open_queue(resources.task_context(), SMALL) as queue:
        first = queue.submit(Task("fail", fail), {})
        second = queue.submit(Task("fail", fail), {})

    states = [read_state(resources.db, task_id) for task_id in (first, second)]
    assert [state.state for state in states if state is not None] == ["failed", "failed"]
