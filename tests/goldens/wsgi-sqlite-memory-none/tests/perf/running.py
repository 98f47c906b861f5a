"""Running code of this colour from code that is measured: it has run when it returns."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")
Run = Callable[[T], T]


@contextmanager
def running() -> Iterator[Run[Any]]:
    """Yield what runs a piece of work to its end: an argument is there before the call."""
    yield lambda result: result
