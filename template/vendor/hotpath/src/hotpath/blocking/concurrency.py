"""The sync counterpart of `aio.concurrency`, where every call blocks already."""

from collections.abc import Callable
from inspect import iscoroutinefunction
from queue import Queue
from threading import Event, Semaphore, Thread, Timer
from time import sleep
from typing import Any, ParamSpec, Self, TypeVar

from hotpath.tasks.priority import FairOrder

P = ParamSpec("P")
T = TypeVar("T")


class Contained(Exception):
    """Work ended itself by what ends a thread."""


def run(result: T) -> T:
    """Return what the `main` of a command returned when it was called."""
    return result


class Loop:
    """Stands where another stack has an event loop."""

    def run(self, result: T) -> T:
        """Return what `main` returned when it was called."""
        return result


class Signal:
    """Something that happens once, and that others wait for, with a timeout."""

    def __init__(self) -> None:
        self._event = Event()

    def set(self) -> None:
        """Let it happen."""
        self._event.set()

    def wait(self, at_most_s: float) -> bool:
        """Wait for it; return whether it happened in time."""
        return self._event.wait(at_most_s)


class Wakeup:
    """What one waits for, with a timeout, again and again, and others cause."""

    def __init__(self) -> None:
        self._event = Event()

    def set(self) -> None:
        """Cause it."""
        self._event.set()

    def wait(self, at_most_s: float) -> None:
        """Wait for it, and from then on for the next one."""
        self._event.wait(at_most_s)
        self._event.clear()


class Background:
    """Work that nobody waits for, `at_once` of it side by side; its end waits for what runs.

    Its threads do not keep a process alive that ends in another way.
    """

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._free = Semaphore(at_once)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for _each in range(self._at_once):
            self._free.acquire()

    def start(self, work: Callable[[], None]) -> bool:
        """Start `work`; return False, and do nothing, while there is too much of it."""
        if not self._free.acquire(blocking=False):
            return False
        Thread(target=self._run, args=(work,), name="background", daemon=True).start()
        return True

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            self._free.release()


class FairPriorityQueue(Queue[tuple[int, T]]):
    """A queue of `(priority, item)` in the order of `FairOrder`; the lowest priority goes first."""

    def _init(self, _: int) -> None:
        self._order: FairOrder[tuple[int, T]] = FairOrder()

    def _qsize(self) -> int:
        return len(self._order)

    def _put(self, entry: tuple[int, T]) -> None:
        self._order.push(entry[0], entry)

    def _get(self) -> tuple[int, T]:
        return self._order.pop()


class Debouncer:
    """Calls `work` once for all who trigger it within `within_s`."""

    def __init__(self, work: Callable[[], None], within_s: float) -> None:
        self._work = work
        self._within_s = within_s
        self.is_due = False
        """Whether it will be called soon."""

    def trigger(self) -> None:
        """Trigger it. Cost: 50 ns when it is due already, else a thread for that time."""
        if not self.is_due:
            self.is_due = True
            timer = Timer(self._within_s, self._do)
            timer.daemon = True
            timer.start()

    def _do(self) -> None:
        self.is_due = False
        self._work()


def in_thread(function: Callable[P, T]) -> Callable[P, T]:
    """Return the function: this thread may wait."""
    return function


def require_same_kind(function: Callable[..., Any]) -> None:
    """Check that a function is not async.

    Raises:
        TypeError: it is.
    """
    if iscoroutinefunction(function):
        raise TypeError(f"{function!r} is async: nothing here awaits it")


def run_blocking(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a blocking function; this thread may wait."""
    return function(*args, **kwargs)


def contain(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function that others wrote, which may not end who calls it.

    Raises:
        Contained: it called `sys.exit()`.
    """
    try:
        return function(*args, **kwargs)
    except SystemExit as error:
        raise Contained(f"it called sys.exit({error.code!r})") from error


def pause(seconds: float) -> None:
    """Do nothing for so long."""
    sleep(seconds)
