"""Records where a thread, or one request or call on an event loop, spends its time.

This module alone relies on a part of pyinstrument that is not documented, `setstatprofile`: it
calls a function of ours with the running frame, at the first call or return in the thread after an
interval. A thread that samples others from outside needs the interpreter's lock, and gets it where
they give it up: with callbacks of 90 µs on uvloop it saw a busy loop idle 99 % of the time.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from sys import _getframe
from time import perf_counter, thread_time
from types import CodeType, FrameType
from typing import Any

from pyinstrument.low_level.stat_profile import setstatprofile

from hotpath.profiling.profile import AWAIT, MAX_STACKS, OTHERS, Clock, Frame, Stack

INTERVAL_S = 0.001
"""Seconds between two samples of a process; what costs is that every call and return is seen."""

FINE_INTERVAL_S = 0.0001
"""Seconds between two samples of one request or call, which may be short."""

_COROUTINE = 0x80  # CO_COROUTINE
_SELECTORS = "selectors.py"

_Key = tuple[int | str, ...]
"""A stack from the innermost function on: ids of code, whose own hash takes 10 times as long; texts
are functions in C and suspended ones."""

_active: ContextVar[object | None] = ContextVar("profiled", default=None)


class Recording:
    """Where a thread spends its time, below the functions that run already: these are its base.

    Not thread-safe: each thread has its own.
    """

    def __init__(self, clock: Clock, base: FrameType | None, interval_s: float) -> None:
        """Make a recording; nothing is recorded yet.

        Args:
            clock: "wall" is time that passes, "cpu" what the thread computes.
            base: The innermost function that does not belong to what is recorded.
            interval_s: Seconds between two samples.
        """
        self._timer = perf_counter if clock == "wall" else thread_time
        self._clock = clock
        self._interval_s = interval_s
        self._base = {frame_of(each.f_code) for each in frames_from(base)}
        self._seconds: defaultdict[_Key, float] = defaultdict(float)
        self._code_by_id: dict[int, CodeType] = {}
        self._last = 0.0

    def start(self) -> None:
        """Record what this thread does from now on."""
        self._last = self._timer()
        self._watch()

    def stop(self) -> None:
        """End it, in the thread that started it."""
        stop_recording()
        self._add(self._key(_getframe(1)), self._elapsed())

    def seconds_by_stack(self) -> tuple[dict[Stack, float], float]:
        """Return the seconds by stack, without the base, and how many the base alone had."""
        found: defaultdict[Stack, float] = defaultdict(float)
        idle = 0.0
        frames = {number: frame_of(code) for number, code in self._code_by_id.copy().items()}
        known = {(each.file, each.line): each for each in (*self._base, *frames.values())}
        for key, seconds in self._seconds.copy().items():
            called = [
                frames[each] if isinstance(each, int) else _described(each, known)
                for each in reversed(key)
            ]
            stack = tuple(self._below_base(called))
            if stack and not _is_selecting(stack):
                found[stack] += seconds
            elif self._clock == "cpu":  # what the server itself computes
                found[tuple(called[-1:])] += seconds
            else:
                idle += seconds
        return found, idle

    def _watch(self, **options: Any) -> None:
        if self._clock == "cpu":
            # An interval that is computed. After 1 ms that passes, most samples would be at the
            # end of a wait, and the wait would have the time that was computed before it.
            options |= {"timer_type": "timer_func", "timer_func": thread_time}
        setstatprofile(self._sample, self._interval_s, **options)

    def _sample(self, frame: FrameType, event: str, argument: Any) -> None:
        self._add(self._key_at(frame, event, argument), self._elapsed())

    def _elapsed(self) -> float:
        now = self._timer()
        elapsed, self._last = now - self._last, now
        return elapsed

    def _add(self, key: _Key, seconds: float) -> None:
        is_full = len(self._seconds) >= MAX_STACKS and key not in self._seconds
        if is_full or not key:  # such as what C does before it calls a thread's first function
            key = (OTHERS.name,)
        self._seconds[key] += seconds

    def _below_base(self, stack: Sequence[Frame]) -> Iterator[Frame]:
        is_below = False
        for frame in stack:
            is_c = not frame.file and frame.name != AWAIT  # such as the wait for the next request
            is_below = is_below or not (is_c or frame in self._base)
            if is_below:
                yield frame

    def _key_at(self, frame: FrameType, event: str, argument: Any) -> _Key:
        if event == "call":  # the time before belongs to the caller
            return self._key(frame.f_back)
        if event in ("c_return", "c_exception"):
            return (f"\0{getattr(argument, '__qualname__', '')}", *self._key(frame))
        return self._key(frame)

    def _key(self, frame: FrameType | None) -> _Key:
        key = []
        codes = self._code_by_id
        while frame is not None:
            code = frame.f_code
            number = id(code)
            codes[number] = code
            key.append(number)
            frame = frame.f_back
        return tuple(key)


class ContextRecording(Recording):
    """Where one request or call spends its time on an event loop, among others.

    What runs in its context, the tasks that it starts included, is its own; the time while others
    run, or nothing does, is that of the `await` where it was suspended.
    """

    def __init__(self, clock: Clock, base: FrameType | None, interval_s: float) -> None:
        super().__init__(clock, base, interval_s)
        self._mark = object()
        self._suspended: _Key | None = None
        """Where it is suspended; None while it runs."""

    def start(self) -> None:
        """Record what runs in this context from now on."""
        _active.set(self._mark)
        self._last = self._timer()
        self._watch(context_var=_active)

    def stop(self) -> None:
        """End it, on the event loop that started it."""
        super().stop()
        if _active.get() is self._mark:
            _active.set(None)

    def _sample(self, frame: FrameType, event: str, argument: Any) -> None:
        elapsed = self._elapsed()
        if event != "context_changed":
            running = self._key_at(frame, event, argument)
            self._add_here(running, elapsed)
            return
        new, old, awaited = argument
        if old is self._mark:
            self._add(self._key(frame), elapsed)
            self._suspended = (AWAIT, *awaited)
        else:
            self._add_here(self._key(frame), elapsed)
        if new is self._mark:
            self._suspended = None

    def _add_here(self, running: _Key, seconds: float) -> None:
        if self._suspended is None:
            self._add(running, seconds)
        elif self._clock == "wall":
            self._add(self._suspended, seconds)


def stop_recording() -> None:
    """Record this thread no longer."""
    setstatprofile(None)


def frames_from(frame: FrameType | None) -> Iterator[FrameType]:
    """Yield a frame and those of its callers."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def above_coroutines(frame: FrameType | None) -> FrameType | None:
    """Return the innermost frame of the event loop itself, which runs a coroutine."""
    frames = list(frames_from(frame))
    outermost = [each for each in frames if each.f_code.co_flags & _COROUTINE]
    return outermost[-1].f_back if outermost else frame


def frame_of(code: CodeType) -> Frame:
    """Return a function by its code."""
    return Frame(code.co_qualname, code.co_filename, code.co_firstlineno)


def _described(text: str, known: dict[tuple[str, int], Frame]) -> Frame:
    """Return the function of pyinstrument's `name\\0file\\0line\\1…`, or one in C."""
    if text.startswith("\0"):
        return Frame(text[1:], "", 0)
    identifier, _, attributes = text.partition("\1")
    name, *place = identifier.split("\0")
    if not place:
        return Frame(name, "", 0)
    file, line = place[0], int(place[1])
    classes = (each[1:] for each in attributes.split("\1") if each.startswith("c"))
    qualified = ".".join([*classes, name])
    return known.get((file, line), Frame(qualified, file, line))


def _is_selecting(stack: Stack) -> bool:
    """Tell whether asyncio's event loop waits for something to do."""
    return any(frame.file.endswith(_SELECTORS) for frame in stack[-2:])
