"""The order of a queue with priorities: stable, and nobody starves."""

from collections.abc import Sequence

from hotpath.aio.concurrency import FairPriorityQueue, Loop
from hotpath.tasks.priority import FAIR_EVERY, FairOrder, Priority
from hypothesis import given
from hypothesis import strategies as st

LOOP = Loop()
PRIORITIES = st.sampled_from(list(Priority))
STEPS = st.lists(st.one_of(PRIORITIES, st.none()), max_size=60)
"""Priorities of entries that come; None takes one."""


@given(steps=STEPS)
def test_each_entry_is_taken_once_and_those_of_one_priority_in_order(
    steps: Sequence[Priority | None],
) -> None:
    order: FairOrder[tuple[Priority, int]] = FairOrder()
    taken = []
    for number, priority in enumerate(steps):
        if priority is not None:
            order.push(priority, (priority, number))
        elif len(order):
            taken.append(order.pop())
    taken += [order.pop() for _ in range(len(order))]

    pushed = [(priority, at) for at, priority in enumerate(steps) if priority is not None]
    assert sorted(pushed) == sorted(taken)
    for priority in Priority:
        of_it = [number for each, number in taken if each is priority]
        assert of_it == sorted(of_it)


@given(older=st.lists(PRIORITIES, max_size=8), late=st.integers(0, FAIR_EVERY))
def test_an_entry_is_taken_soon_however_many_urgent_ones_come(
    older: Sequence[Priority], late: int
) -> None:
    order: FairOrder[str] = FairOrder()
    for _ in range(late):
        order.push(Priority.HIGH, "before")
        order.pop()
    for priority in older:
        order.push(priority, "older")
    order.push(Priority.LOW, "this")

    for _ in range(FAIR_EVERY * (len(older) + 1)):
        order.push(Priority.HIGH, "later")
        if order.pop() == "this":
            return
    raise AssertionError("it starves")


@given(priorities=st.lists(PRIORITIES, max_size=FAIR_EVERY - 1))
def test_the_most_urgent_goes_first(priorities: Sequence[Priority]) -> None:
    order: FairOrder[Priority] = FairOrder()
    for priority in priorities:
        order.push(priority, priority)

    assert [order.pop() for _ in priorities] == sorted(priorities)


async def test_a_queue_takes_the_most_urgent_first_and_is_bounded() -> None:
    queue: FairPriorityQueue[str] = FairPriorityQueue(3)
    for entry in ((2, "low"), (0, "first"), (0, "second")):
        queue.put_nowait(entry)

    assert queue.full()
    assert [await queue.get() for _ in range(3)] == [(0, "first"), (0, "second"), (2, "low")]
    assert queue.empty()
