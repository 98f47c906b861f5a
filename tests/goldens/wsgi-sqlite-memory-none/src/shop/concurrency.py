"""Where code of both colours meets: here every call blocks already."""

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def run(result: T) -> T:
    """Return what the `main` of a command returned when it was called."""
    return result


class Loop:
    """Stands where another stack has an event loop."""

    def run(self, result: T) -> T:
        """Return what `main` returned when it was called."""
        return result


def run_blocking(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a blocking function; this thread may wait."""
    return function(*args, **kwargs)


def for_each(items: Iterable[T], work: Callable[[T], None], at_once: int) -> None:
    """Do `work` for every item, in `at_once` threads side by side; the first error ends all.

    Memory: `at_once` items and the next one, which is only then asked for.
    """
    running: set[Future[None]] = set()
    with ThreadPoolExecutor(at_once) as threads:
        for item in items:
            if len(running) == at_once:
                running -= _ended(running)
            running.add(threads.submit(work, item))
        while running:
            running -= _ended(running)


def _ended(running: set[Future[None]]) -> set[Future[None]]:
    """Return those that ended, once there is one; raise what one of them raised."""
    ended = wait(running, return_when=FIRST_COMPLETED).done
    for each in ended:
        each.result()
    return ended
