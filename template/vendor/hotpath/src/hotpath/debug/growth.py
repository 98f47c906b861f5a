"""`@rss_delta`: how much the memory of the process grew in the calls of a function."""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from threading import Lock
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from hotpath.debug.system import this_process
from hotpath.observability.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Iterator

P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class Growth:
    """What calls of a function added to the resident memory; less than 0 if they freed some."""

    name: str
    calls: int = 0
    last_bytes: int = 0
    max_bytes: int = 0
    total_bytes: int = 0

    def add(self, delta_bytes: int) -> None:
        """Count a call."""
        self.calls += 1
        self.last_bytes = delta_bytes
        self.max_bytes = max(self.max_bytes, delta_bytes)
        self.total_bytes += delta_bytes


_GROWTHS: dict[str, Growth] = {}  # of functions, of which there are few
_LOCK = Lock()


def rss_delta(function: Callable[P, T]) -> Callable[P, T]:
    """Log, and show in `/debug/memory`, how much the resident memory grew in each call.

        @rss_delta
        def load_catalogue() -> Catalogue: ...

    It is the memory of the whole process: what runs at the same time is in it, and what was freed
    may stay with the allocator. For functions, sync or async, that take tens of milliseconds.

    Raises:
        TypeError: it is a generator, whose work is done after its call.
    Cost: 30 µs for each call, and the import of psutil.
    """
    if isgeneratorfunction(function) or isasyncgenfunction(function):
        raise TypeError(f"{function.__qualname__} is a generator: its work is done after its call")
    name = f"{function.__module__}.{function.__qualname__}"

    if iscoroutinefunction(function):

        @wraps(function)
        async def call_async(*args: Any, **kwargs: Any) -> Any:
            with _measured(name):
                return await function(*args, **kwargs)

        return call_async  # type: ignore[return-value] # it returns what `function` does

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        with _measured(name):
            return function(*args, **kwargs)

    return call


def read_growths() -> list[Growth]:
    """Return the growth in each function that was called, the most first."""
    with _LOCK:
        growths = [replace(each) for each in _GROWTHS.values()]
    return sorted(growths, key=lambda each: -each.total_bytes)


@contextmanager
def _measured(name: str) -> "Iterator[None]":
    process = this_process()
    before = process.memory_info().rss
    try:
        yield
    finally:
        delta_bytes = process.memory_info().rss - before
        with _LOCK:
            _GROWTHS.setdefault(name, Growth(name)).add(delta_bytes)
        get_logger().info("rss delta", function=name, delta_bytes=delta_bytes)
