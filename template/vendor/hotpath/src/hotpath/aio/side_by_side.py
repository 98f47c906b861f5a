"""Work for many items side by side, as tasks of the event loop, a bounded number of them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Coroutine, Iterable
from contextlib import aclosing
from typing import Any, TypeVar

T = TypeVar("T")


class _WorkCancelled(Exception):
    """Work was cancelled by another than its caller, which a `TaskGroup` would not tell."""


async def for_each(
    items: AsyncIterable[T] | Iterable[T],
    work: Callable[[T], Coroutine[Any, Any, None]],
    at_once: int,
) -> None:
    """Do `work` for every item, `at_once` of them side by side; the first error ends all.

    When this returns or raises, nothing of it runs any more: what was still running then was
    cancelled and has ended. Cancelling it does the same.

    Args:
        items: Each is asked for when there is room to work on it. A generator is closed at the end.
        at_once: At least 1.
    Raises:
        ValueError: `at_once` is less.
        Exception: the first one, of `work` or of `items`, as it was raised.
    Cost: 10 µs an item; memory for `at_once` items and the next one.
    """
    free = _semaphore(at_once)

    async def work_on(item: T) -> None:
        try:
            await work(item)
        except asyncio.CancelledError:
            if _is_cancelled():
                raise
            raise _WorkCancelled from None
        finally:
            free.release()

    error: BaseException | None = None
    try:
        async with asyncio.TaskGroup() as group, aclosing(_iterated(items)) as iterated:
            async for item in iterated:
                await free.acquire()
                group.create_task(work_on(item))
    except BaseExceptionGroup as errors:
        error = errors.exceptions[0]
    if isinstance(error, _WorkCancelled):
        raise asyncio.CancelledError
    if error is not None:  # not in the `except`, so that it keeps the cause and context it has
        raise error


def _semaphore(at_once: int) -> asyncio.Semaphore:
    if at_once < 1:
        raise ValueError(f"at_once is {at_once}, and has to be at least 1")
    return asyncio.Semaphore(at_once)


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _iterated(items: AsyncIterable[T] | Iterable[T]) -> AsyncGenerator[T]:
    if isinstance(items, AsyncGenerator):
        async with aclosing(items):
            async for item in items:
                yield item
    elif isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item
