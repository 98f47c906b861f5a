"""Work side by side, bounded."""

import threading
from collections.abc import Iterator

import pytest

from shop.concurrency import for_each, run_blocking

AT_ONCE = 3
WAITS_S = 10.0


def numbers(count: int, given: list[int]) -> Iterator[int]:
    """Yield numbers, and note those that were asked for."""
    for number in range(count):
        given.append(number)
        yield number


def test_so_many_are_worked_on_side_by_side() -> None:
    together = threading.Barrier(AT_ONCE)
    done: list[int] = []

    def work(number: int) -> None:
        run_blocking(together.wait, WAITS_S)  # breaks unless so many are there
        done.append(number)

    for_each(numbers(4 * AT_ONCE, []), work, AT_ONCE)

    assert sorted(done) == list(range(4 * AT_ONCE))


def test_no_more_than_the_bound_are_worked_on() -> None:
    running: set[int] = set()
    most: list[int] = []
    given: list[int] = []

    def work(number: int) -> None:
        running.add(number)
        most.append(len(running))
        run_blocking(len, given)
        running.remove(number)

    for_each(numbers(50, given), work, AT_ONCE)

    assert len(most) == 50
    assert max(most) <= AT_ONCE


def test_the_first_error_ends_all() -> None:
    given: list[int] = []

    def work(number: int) -> None:
        run_blocking(len, given)
        raise LookupError(number)

    with pytest.raises(LookupError):
        for_each(numbers(1000, given), work, AT_ONCE)
    assert len(given) <= 2 * AT_ONCE + 2


def test_nothing_to_do_is_done() -> None:
    def work(_: int) -> None:
        raise AssertionError

    for_each(numbers(0, []), work, AT_ONCE)
