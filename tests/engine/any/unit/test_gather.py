"""Results of calls that are made side by side."""

from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from functools import partial

import pytest
from hotpath.aio.concurrency import Loop, run_blocking
from hotpath.aio.gather import gather_bounded, gather_outcomes
from hypothesis import given
from hypothesis import strategies as st

LOOP = Loop()
WORDS: ContextVar[str] = ContextVar("WORDS")
BOUNDS = st.integers(1, 5)
ARE_WRONG = st.lists(st.booleans(), max_size=12)
"""For each call, whether it raises."""


async def call(number: int, is_wrong: bool, running: set[int], most: list[int]) -> int:
    running.add(number)
    most.append(len(running))
    try:
        await run_blocking(len, most)
    finally:
        running.remove(number)
    if is_wrong:
        raise LookupError(number)
    return number


def calls_of(
    are_wrong: Sequence[bool], running: set[int], most: list[int]
) -> list[Callable[[], Awaitable[int]]]:
    return [
        partial(call, number, is_wrong, running, most) for number, is_wrong in enumerate(are_wrong)
    ]


@given(are_wrong=ARE_WRONG, at_once=BOUNDS)
def test_errors_are_in_their_places_among_results(are_wrong: list[bool], at_once: int) -> None:
    running: set[int] = set()
    most = [0]
    calls = calls_of(are_wrong, running, most)
    outcomes = LOOP.run(gather_outcomes(calls, at_once, LookupError))

    shown = [str(each) if isinstance(each, LookupError) else each for each in outcomes]
    assert [str(at) if wrong else at for at, wrong in enumerate(are_wrong)] == shown
    assert max(most) <= at_once


@given(count=st.integers(0, 12), at_once=BOUNDS)
def test_results_are_in_the_order_of_the_calls(count: int, at_once: int) -> None:
    running: set[int] = set()
    results = LOOP.run(gather_bounded(calls_of([False] * count, running, [0]), at_once))

    assert list(range(count)) == results


@given(are_wrong=ARE_WRONG.filter(any), at_once=BOUNDS)
def test_an_error_of_another_kind_ends_all(are_wrong: list[bool], at_once: int) -> None:
    running: set[int] = set()
    calls = calls_of(are_wrong, running, [0])
    with pytest.raises(LookupError):
        LOOP.run(gather_outcomes(calls, at_once, OSError))

    assert not running


@given(are_wrong=ARE_WRONG.filter(any), at_once=BOUNDS)
def test_an_error_ends_all_and_nothing_is_left_running(are_wrong: list[bool], at_once: int) -> None:
    running: set[int] = set()
    with pytest.raises(LookupError) as raised:
        LOOP.run(gather_bounded(calls_of(are_wrong, running, [0]), at_once))

    assert are_wrong[int(str(raised.value))]
    assert running == set()


async def test_calls_have_the_context_of_their_caller() -> None:
    WORDS.set("of the caller")

    async def read() -> str:
        return WORDS.get("none")

    assert await gather_bounded([read] * 3, at_once=2) == ["of the caller"] * 3
