"""Work side by side, bounded."""

import threading
from collections.abc import AsyncGenerator, AsyncIterator

import pytest
from hotpath.aio.concurrency import run_blocking
from hotpath.aio.side_by_side import for_each

AT_ONCE = 3
WAITS_S = 10.0


async def numbers(count: int, given: list[int]) -> AsyncIterator[int]:
    """Yield numbers, and note those that were asked for."""
    for number in range(count):
        given.append(number)
        yield number


async def test_so_many_are_worked_on_side_by_side() -> None:
    together = threading.Barrier(AT_ONCE)
    done: list[int] = []

    async def work(number: int) -> None:
        await run_blocking(together.wait, WAITS_S)  # breaks unless so many are there
        done.append(number)

    await for_each(numbers(4 * AT_ONCE, []), work, AT_ONCE)

    assert sorted(done) == list(range(4 * AT_ONCE))


async def test_no_more_than_the_bound_are_worked_on() -> None:
    running: set[int] = set()
    most: list[int] = []
    given: list[int] = []

    async def work(number: int) -> None:
        running.add(number)
        most.append(len(running))
        await run_blocking(len, given)
        running.remove(number)

    await for_each(numbers(50, given), work, AT_ONCE)

    assert len(most) == 50
    assert max(most) <= AT_ONCE


async def test_the_first_error_ends_all() -> None:
    given: list[int] = []

    async def work(number: int) -> None:
        await run_blocking(len, given)
        raise LookupError(number)

    with pytest.raises(LookupError):
        await for_each(numbers(1000, given), work, AT_ONCE)
    assert len(given) <= 2 * AT_ONCE + 2


async def test_nothing_to_do_is_done() -> None:
    async def work(_: int) -> None:
        raise AssertionError

    await for_each(numbers(0, []), work, AT_ONCE)


async def test_an_error_keeps_its_cause() -> None:
    async def work(_: int) -> None:
        try:
            raise KeyError
        except KeyError as error:
            raise LookupError from error

    with pytest.raises(LookupError) as raised:
        await for_each(range(AT_ONCE), work, AT_ONCE)
    assert isinstance(raised.value.__cause__, KeyError)


@pytest.mark.parametrize("at_once", [1, AT_ONCE])
async def test_an_error_closes_the_generator_of_items(at_once: int) -> None:
    closed: list[str] = []

    async def open_numbers() -> AsyncGenerator[int]:
        try:
            for number in range(1000):
                yield number
        finally:
            closed.append("closed")

    async def work(_: int) -> None:
        raise LookupError

    items = open_numbers()
    with pytest.raises(LookupError):
        await for_each(items, work, at_once)
    assert closed == ["closed"]


async def test_a_bound_below_one_is_refused() -> None:
    async def work(_: int) -> None:
        raise AssertionError

    with pytest.raises(ValueError, match="at_once is 0"):
        await for_each(range(3), work, 0)
