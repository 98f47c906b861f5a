"""Where code of both colours meets: here every call blocks already."""

from collections.abc import Callable
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
