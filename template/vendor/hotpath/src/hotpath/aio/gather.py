"""Results of many calls that are made side by side, a bounded number of them."""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import TypeVar

from hotpath.aio.side_by_side import for_each

T = TypeVar("T")
E = TypeVar("E", bound=Exception)


async def gather_bounded(calls: Iterable[Callable[[], Awaitable[T]]], at_once: int) -> list[T]:
    """Return what the calls return, in their order; the first error ends all.

        users = await gather_bounded([partial(fetch, url) for url in urls], at_once=8)

    When this returns or raises, no call runs any more: see `for_each`.

    Args:
        calls: Each is made when there is room for it; those after an error are not made.
        at_once: Calls that are made side by side, at least 1.
    Raises:
        ValueError: `at_once` is less.
        Exception: the first one of a call, as it was raised.
    Cost: that of `for_each`; memory for all results.
    """
    results: dict[int, T] = {}

    async def call_one(numbered: tuple[int, Callable[[], Awaitable[T]]]) -> None:
        number, call = numbered
        results[number] = await call()

    await for_each(enumerate(calls), call_one, at_once)
    return [results[number] for number in range(len(results))]


async def gather_outcomes(
    calls: Iterable[Callable[[], Awaitable[T]]], at_once: int, errors: type[E]
) -> list[T | E]:
    """Return what each call returned or raised, in their order; such an error ends no other call.

    Cancelling this cancels all, and is no outcome.

    Args:
        calls: Each is made when there is room for it.
        at_once: Calls that are made side by side, at least 1.
        errors: What may stand among the results, such as `OSError`.
    Raises:
        ValueError: `at_once` is less.
        Exception: another error of a call, which ends all.
    Cost: that of `for_each`; memory for all outcomes.
    """

    async def outcome_of(call: Callable[[], Awaitable[T]]) -> T | E:
        try:
            return await call()
        except errors as error:
            return error

    return await gather_bounded((partial(outcome_of, call) for call in calls), at_once)
