"""`timer` and `@tracked`: how often something runs, how long it takes, how often it fails.

They count into the timers of the process, which are in `/metrics` and `/debug`.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from threading import Lock
from time import perf_counter
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar, cast, overload

from hotpath.observability.buffered import BufferedCounter, BufferedHistogram, Family
from hotpath.observability.percentiles import percentile

P = ParamSpec("P")
T = TypeVar("T")

MAX_NAMES = 200
"""Names of a process: each is 16 series of `/metrics`. Further ones count as `OTHER`."""

OTHER = "other"
BOUNDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 5, 30)
"""Seconds; functions are shorter than requests."""


class _Timed:
    """What was measured under one name; exact across threads."""

    __slots__ = ("errors", "max_s", "seconds")

    def __init__(self) -> None:
        self.seconds = BufferedHistogram(BOUNDS)
        self.errors = BufferedCounter()
        self.max_s = 0.0


@dataclass(frozen=True, slots=True)
class TimerFigures:
    """What a timer measured since the process started; percentiles are interpolated in buckets."""

    name: str
    count: int
    errors: int
    total_s: float
    mean_s: float
    p95_s: float
    max_s: float


class Timers:
    """The timers of a process, by name. Decorators find it when they are imported."""

    def __init__(self, max_names: int = MAX_NAMES) -> None:
        self._max_names = max_names
        self._by_name: dict[str, _Timed] = {}
        self._lock = Lock()

    def add(self, name: str, seconds: float, is_error: bool = False) -> None:
        """Count a run. Cost: 0.15 µs."""
        timed = self._by_name.get(name) or self._create(name)
        timed.seconds.add(seconds)
        if seconds > timed.max_s:  # noqa: PLR1730 - no call is between this read and the write
            timed.max_s = seconds
        if is_error:
            timed.errors.count += 1

    def publish(self, seconds: Family[BufferedHistogram], errors: Family[BufferedCounter]) -> None:
        """Add the series of new names to these metrics. Cost: 0.1 µs without new ones."""
        if len(seconds.series) != len(self._by_name):
            for name, timed in [*self._by_name.items()]:
                seconds.series[name,] = timed.seconds
                errors.series[name,] = timed.errors

    def figures(self) -> list[TimerFigures]:
        """Return what was measured, by total time, the most first."""
        rows = [_figures(name, timed) for name, timed in [*self._by_name.items()]]
        return sorted(rows, key=lambda row: -row.total_s)

    def clear(self) -> None:
        """Forget what was measured: a forked process starts with nothing."""
        self._by_name.clear()

    def _create(self, name: str) -> _Timed:
        with self._lock:
            if name not in self._by_name and len(self._by_name) >= self._max_names:
                name = OTHER
            return self._by_name.setdefault(name, _Timed())


TIMERS = Timers()
"""Those of this process."""

os.register_at_fork(after_in_child=TIMERS.clear)


class _Timer:
    """A block that is timed each time it is entered; `_starts` is a linked list, the last first."""

    __slots__ = ("_name", "_starts")

    def __init__(self, name: str) -> None:
        self._name = name
        self._starts: Any = None

    def __enter__(self) -> Self:
        self._starts = (perf_counter(), self._starts)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        started, self._starts = self._starts
        TIMERS.add(self._name, perf_counter() - started, kind is not None and _is_error(kind))


def timer(name: str) -> _Timer:
    """Return a context manager that times what is inside; the same in sync and async code.

        with timer("parse"):
            rows = parse(text)

    An exception is counted as an error and goes on; a cancellation is no error. It may be entered
    again inside of itself. Call it for each block: one object that several threads or coroutines
    enter at once may take the start of another for its own.

    Args:
        name: One of few: a label of metrics. After `MAX_NAMES` names it counts as `other`.
    Cost: 0.5 µs.
    """
    return _Timer(name)


@overload
def tracked(function: Callable[P, T], /) -> Callable[P, T]: ...


@overload
def tracked(*, name: str) -> Callable[[Callable[P, T]], Callable[P, T]]: ...


def tracked(function: Callable[..., Any] | None = None, /, *, name: str = "") -> Any:
    """Count and time the calls of a function, sync or async, and their exceptions.

        @tracked
        async def load_prices(sku: str) -> Prices: ...

        @tracked(name="prices")
        def load_prices(sku: str) -> Prices: ...

    Args:
        function: What is called; below `@staticmethod` and `@classmethod`.
        name: By default its module and name, such as `shop.prices.load_prices`.
    Raises:
        TypeError: it is no function, or a generator, whose work is done after its call.
    Cost: 0.3 µs for each call, 0.4 µs if it is async.
    """
    if function is None:
        return lambda function: _track(function, name)
    return _track(function, name or f"{function.__module__}.{function.__qualname__}")


def _track(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    _require_function(function)

    if iscoroutinefunction(function):

        @wraps(function)
        async def call_async(*args: Any, **kwargs: Any) -> Any:
            started = perf_counter()
            try:
                result = await function(*args, **kwargs)
            except BaseException as error:
                TIMERS.add(name, perf_counter() - started, _is_error(type(error)))
                raise
            TIMERS.add(name, perf_counter() - started)
            return result

        return call_async

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        started = perf_counter()
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            TIMERS.add(name, perf_counter() - started, _is_error(type(error)))
            raise
        TIMERS.add(name, perf_counter() - started)
        return result

    return call


def _require_function(function: Any) -> None:
    if isgeneratorfunction(function) or isasyncgenfunction(function):
        raise TypeError(
            f"{function.__qualname__} is a generator: its work is done after its call; "
            f'use `with timer("…"):` inside of it'
        )
    if isinstance(function, type | staticmethod | classmethod) or not callable(function):
        raise TypeError(f"{function!r} is no function; @tracked stands directly above one")


def report() -> str:
    """Return what timers measured since the process started, as a table by total time."""
    head = f"{'name':<40} {'count':>9} {'errors':>7} {'total s':>10} "
    lines = [head + f"{'mean ms':>10} {'p95 ms':>10} {'max ms':>10}"]
    for row in TIMERS.figures():
        times = " ".join(f"{each * 1000:>10.3f}" for each in (row.mean_s, row.p95_s, row.max_s))
        lines.append(f"{row.name:<40} {row.count:>9} {row.errors:>7} {row.total_s:>10.3f} {times}")
    return "\n".join(lines)


def _is_error(kind: type[BaseException]) -> bool:
    """Tell whether an exception is an error; a cancellation is not."""
    return issubclass(kind, Exception)


def _figures(name: str, timed: _Timed) -> TimerFigures:
    *counts, total_s = timed.seconds.values()
    whole = cast(list[int], counts)
    count = sum(whole)
    p95_s = min(percentile(timed.seconds.bounds, whole, 0.95), timed.max_s)
    mean_s = total_s / count if count else 0.0
    return TimerFigures(name, count, timed.errors.count, total_s, mean_s, p95_s, timed.max_s)
