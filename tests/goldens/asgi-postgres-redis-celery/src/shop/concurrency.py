"""Where blocking code meets the event loop."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run the `main` of a command to its end on an event loop of its own."""
    return asyncio.run(main)


class Loop:
    """An event loop for code that is called again and again from outside it."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run `main` to its end."""
        return self._runner.run(main)


def bound_threads(count: int) -> None:
    """Let `run_blocking` use up to `count` threads of the running event loop."""
    pool = ThreadPoolExecutor(count, thread_name_prefix="blocking")
    asyncio.get_running_loop().set_default_executor(pool)


async def run_blocking(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a blocking function in a thread, so that the event loop goes on."""
    return await asyncio.to_thread(function, *args, **kwargs)


async def for_each(
    items: AsyncIterator[T], work: Callable[[T], Coroutine[Any, Any, None]], at_once: int
) -> None:
    """Do `work` for every item, `at_once` of them side by side; the first error ends all.

    Memory: `at_once` items and the next one, which is only then asked for.
    """
    free = asyncio.Semaphore(at_once)

    async def work_on(item: T) -> None:
        try:
            await work(item)
        finally:
            free.release()

    try:
        async with asyncio.TaskGroup() as group:
            async for item in items:
                await free.acquire()
                group.create_task(work_on(item))
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
