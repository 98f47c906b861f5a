"""Running blocking code beside the event loop, and work in the background."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import Context
from functools import cached_property, wraps
from inspect import iscoroutinefunction
from threading import Thread
from typing import Any, ParamSpec, Self, TypeVar

from hotpath.tasks.priority import FairOrder

P = ParamSpec("P")
T = TypeVar("T")


class Contained(Exception):
    """Work ended itself by what ends a process, or a task of an event loop."""


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run the `main` of a command to its end on an event loop of its own."""
    return asyncio.run(main)


class Loop:
    """An event loop that runs in a thread of its own, for code that is called from outside it.

    It runs between the calls too: connections are listened to, and answers expire.
    """

    @cached_property
    def _loop(self) -> asyncio.AbstractEventLoop:
        """Started by the first call: neither a loop nor its thread survives a fork."""
        loop = asyncio.new_event_loop()
        Thread(target=loop.run_forever, name="loop", daemon=True).start()
        return loop

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run `main` to its end; what interrupts the wait cancels it."""
        running = asyncio.run_coroutine_threadsafe(main, self._loop)
        try:
            return running.result()
        finally:
            running.cancel()


class Signal:
    """Something that happens once, and that others wait for, with a timeout."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def set(self) -> None:
        """Let it happen."""
        self._event.set()

    async def wait(self, at_most_s: float) -> bool:
        """Wait for it; return whether it happened in time."""
        try:
            async with asyncio.timeout(at_most_s):
                return await self._event.wait()
        except TimeoutError:
            return False


class Wakeup:
    """What one waits for, with a timeout, again and again, and others cause."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def set(self) -> None:
        """Cause it, on the event loop."""
        self._event.set()

    async def wait(self, at_most_s: float) -> None:
        """Wait for it, and from then on for the next one."""
        try:
            async with asyncio.timeout(at_most_s):
                await self._event.wait()
        except TimeoutError:
            return
        self._event.clear()


class Background:
    """Work that nobody waits for, `at_once` of it side by side; what is left at the end stops."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> bool:
        """Start `work`; return False, and do nothing, while there is too much of it."""
        if len(self._tasks) >= self._at_once:
            return False
        task = asyncio.create_task(work(), context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True


class FairPriorityQueue(asyncio.Queue[tuple[int, T]]):
    """A queue of `(priority, item)` in the order of `FairOrder`; the lowest priority goes first."""

    def _init(self, _: int) -> None:
        self._queue: FairOrder[tuple[int, T]] = FairOrder()

    def _put(self, entry: tuple[int, T]) -> None:
        self._queue.push(entry[0], entry)

    def _get(self) -> tuple[int, T]:
        return self._queue.pop()


class Debouncer:
    """Calls `work` once for all who trigger it within `within_s`."""

    def __init__(self, work: Callable[[], None], within_s: float) -> None:
        self._work = work
        self._within_s = within_s
        self.is_due = False
        """Whether it will be called soon."""

    def trigger(self) -> None:
        """Trigger it, on an event loop. Cost: 50 ns when it is due already."""
        if not self.is_due:
            self.is_due = True
            asyncio.get_running_loop().call_later(self._within_s, self._do)

    def _do(self) -> None:
        self.is_due = False
        self._work()


def in_thread(function: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Make a blocking function one that is awaited, while a thread calls it."""

    @wraps(function)
    async def call(*args: P.args, **kwargs: P.kwargs) -> T:
        return await run_blocking(function, *args, **kwargs)

    return call


def require_same_kind(function: Callable[..., Any]) -> None:
    """Check that a function is async.

    Raises:
        TypeError: it is not.
    """
    if not iscoroutinefunction(function):
        raise TypeError(f"{function!r} is blocking: make it one to await with in_thread")


@contextmanager
def bounded_threads(count: int) -> Iterator[None]:
    """Let `run_blocking` use up to `count` threads of the running event loop, until the end.

    Then calls that wait for a thread are cancelled and idle threads end; nobody waits for a call
    that was given up, and its thread ends with it.
    """
    loop = asyncio.get_running_loop()
    pool = ThreadPoolExecutor(count, thread_name_prefix="blocking")
    loop.set_default_executor(pool)
    try:
        yield
    finally:
        loop.set_default_executor(ThreadPoolExecutor(count))
        pool.shutdown(wait=False, cancel_futures=True)


async def run_blocking(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a blocking function in a thread, so that the event loop goes on."""
    return await asyncio.to_thread(function, *args, **kwargs)


async def contain(function: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call and await a function that others wrote, which may not end who calls it.

    Raises:
        Contained: it called `sys.exit()`, or awaited what was cancelled.
    """
    try:
        return await function(*args, **kwargs)
    except SystemExit as error:
        raise Contained(f"it called sys.exit({error.code!r})") from error
    except asyncio.CancelledError as error:
        own = asyncio.current_task()
        if own is None or own.cancelling():
            raise
        raise Contained("what it awaited was cancelled") from error


async def pause(seconds: float) -> None:
    """Do nothing for so long."""
    await asyncio.sleep(seconds)
