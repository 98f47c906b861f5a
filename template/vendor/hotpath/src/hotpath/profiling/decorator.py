"""`@profiled`: where the time of one function goes, and a report of all that have it."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial, wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction, unwrap
from threading import Lock
from time import monotonic, perf_counter
from types import FrameType
from typing import Any, TypeVar, overload

from hotpath.observability.logs import get_logger
from hotpath.profiling.profile import Clock, Frame, Profile
from hotpath.profiling.profiler import ProfilerBusy, start_call
from hotpath.profiling.schemas import FunctionOut, FunctionsOut
from hotpath.profiling.store import PATH, new_id, open_store

F = TypeVar("F", bound=Callable[..., Any])

_SAVE_EACH_S = 1.0
"""Seconds between two writes of the profile of a function, each of which takes 1 to 10 ms."""


@overload
def profiled(function: F) -> F: ...
@overload
def profiled(*, clock: Clock = "wall") -> Callable[[F], F]: ...
def profiled(function: Any = None, *, clock: Clock = "wall") -> Any:
    """Record where the time of a function goes, async or not, as a flame graph over all its calls.

        @profiled
        async def import_orders(rows: Rows) -> int: ...

    Its figures are in `report()` and at `/debug/profiled`, its flame graph in `/debug/profiles`.
    One profile at a time is taken in a process: a call inside of another, recursive or not, is part
    of the outer one, and calls while something else is profiled are only counted.

    Args:
        function: Which.
        clock: "wall" is time that passes, "cpu" what its thread computes.
    Raises:
        TypeError: it is a generator.
    Cost: a call takes 2 to 5 times as long where it calls much, and 50 µs besides. For a function
        that is investigated, and not for all that are of interest: these have `tracked`.
    """
    if function is None:
        return partial(_decorated, clock=clock)
    return _decorated(function, clock=clock)


def report() -> FunctionsOut:
    """Return the figures of the functions of this process, those with the most own time first."""
    functions = [each.report() for each in list(_functions)]
    functions.sort(key=lambda each: (-each.own_seconds, -each.calls, each.name))
    return FunctionsOut(pid=os.getpid(), functions=functions)


@dataclass
class _Function:
    """A function and what is known of its calls."""

    name: str
    frame: Frame
    clock: Clock
    is_async: bool
    calls: int = 0
    errors: int = 0
    seconds: float = 0.0
    profiled_calls: int = 0
    profile: Profile | None = None
    id: str = field(default_factory=new_id)
    saved_at: float = -_SAVE_EACH_S
    lock: Lock = field(default_factory=Lock)

    @contextmanager
    def observed(self, base: FrameType) -> Iterator[None]:
        """Count, time and profile the call that runs in the block."""
        started = perf_counter()
        call, is_failed = None, True
        with suppress(ProfilerBusy):
            call = start_call("function", self.name, self.clock, base, is_async=self.is_async)
        try:
            yield
            is_failed = False
        finally:
            seconds = perf_counter() - started
            self._add(None if call is None else call.finish(), seconds, is_failed=is_failed)

    def _add(self, profile: Profile | None, seconds: float, *, is_failed: bool) -> None:
        with self.lock:
            self.calls += 1
            self.errors += is_failed
            self.seconds += seconds
            if profile is not None:
                self.profiled_calls += 1
                self.profile = profile if self.profile is None else self.profile.add(profile)
                if monotonic() - self.saved_at >= _SAVE_EACH_S:
                    self._save(self.profile)

    def _save(self, profile: Profile) -> None:
        self.saved_at = monotonic()
        try:
            open_store().save(profile, self.id)
        except OSError:  # a full disk
            get_logger().exception("profile lost", function=self.name)

    def report(self) -> FunctionOut:
        """Return its figures; its profile is in the store then."""
        with self.lock:
            if self.profile is not None:
                self._save(self.profile)
            own = [] if self.profile is None else self.profile.own_seconds()
            return FunctionOut(
                name=self.name,
                calls=self.calls,
                errors=self.errors,
                seconds=self.seconds,
                profiled_calls=self.profiled_calls,
                own_seconds=sum(seconds for frame, seconds in own if frame == self.frame),
                hottest=own[0][0].name if own else "",
                path=f"{PATH}/{self.id}" if own else "",
            )


def _decorated(function: Any, clock: Clock) -> Any:
    name = f"{function.__module__}.{function.__qualname__}"
    if isgeneratorfunction(function) or isasyncgenfunction(function):
        raise TypeError(f"{name} is a generator, which runs between others: profile its caller")
    code = unwrap(function).__code__
    frame = Frame(code.co_qualname, code.co_filename, code.co_firstlineno)
    known = _Function(name, frame, clock, is_async=iscoroutinefunction(function))
    _functions.append(known)

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        with known.observed(sys._getframe()):
            return function(*args, **kwargs)

    @wraps(function)
    async def call_async(*args: Any, **kwargs: Any) -> Any:
        with known.observed(sys._getframe()):
            return await function(*args, **kwargs)

    return call_async if known.is_async else call


_functions: list[_Function] = []
"""Every function that is decorated in this process."""
