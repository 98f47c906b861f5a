"""The budget of retries, on a clock of the tests' own."""

import pytest
from hotpath.http_client.retry_budget import RESERVE, WINDOW_S, RetryBudget

from .test_circuit_breaker import Clock


@pytest.mark.parametrize("calls", [20, 100, 1000])
def test_retries_are_a_share_of_the_calls(calls: int) -> None:
    budget = RetryBudget(0.2, Clock())
    taken = 0
    for _ in range(calls):
        budget.add_call()
        taken += budget.take()
        taken += budget.take()

    assert taken == calls / 5


def test_few_calls_have_a_reserve() -> None:
    budget = RetryBudget(0.2, Clock())
    budget.add_call()

    assert [budget.take() for _ in range(RESERVE + 1)] == [True] * RESERVE + [False]


def test_a_share_of_nothing_is_no_retry() -> None:
    budget = RetryBudget(0.0, Clock())
    budget.add_call()

    assert not budget.take()


def test_calls_and_retries_of_long_ago_do_not_count() -> None:
    clock = Clock()
    budget = RetryBudget(0.2, clock)
    for _ in range(100):
        budget.add_call()
    assert sum(budget.take() for _ in range(100)) == 20
    clock.now_s += WINDOW_S

    assert sum(budget.take() for _ in range(100)) == RESERVE


def test_over_any_window_retries_are_bounded() -> None:
    clock = Clock()
    budget = RetryBudget(0.2, clock)
    retries: list[int] = []
    for _ in range(10 * WINDOW_S):
        taken = 0
        for _ in range(10):
            budget.add_call()
            taken += budget.take()
        retries.append(taken)
        clock.now_s += 1

    windows = [sum(retries[n : n + WINDOW_S]) for n in range(len(retries) - WINDOW_S)]
    assert 0 < max(windows) <= 0.2 * 10 * WINDOW_S
