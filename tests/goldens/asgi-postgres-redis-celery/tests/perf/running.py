"""Running code of this colour from code that is measured: on one event loop."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import uvloop

T = TypeVar("T")
Run = Callable[[Coroutine[Any, Any, T]], T]


@contextmanager
def running() -> Iterator[Run[Any]]:
    """Yield what runs a piece of work to its end, on the loop that the server has."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        yield runner.run
