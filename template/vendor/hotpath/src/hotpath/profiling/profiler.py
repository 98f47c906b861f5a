"""Takes profiles, one at a time in a process; what a route, a request and a decorator call."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock, get_ident
from time import perf_counter
from types import FrameType
from typing import TYPE_CHECKING

from hotpath.profiling.profile import About, Clock, Kind, Profile, Stack

if TYPE_CHECKING:
    from hotpath.profiling.process import ProcessRecording
    from hotpath.profiling.recording import Recording

_taken = Lock()
"""A thread has one hook for profilers, so this is of the process, whatever runs in it."""


class ProfilerBusy(Exception):
    """Another profile is being taken in this process."""

    def __init__(self) -> None:
        super().__init__("Another profile is being taken: there is one at a time in a process.")


@dataclass
class Running:
    """A profile that is being taken; `profile` is set at its end."""

    profile: Profile | None = None

    def taken(self) -> Profile:
        """Return it, once it is there."""
        assert self.profile is not None  # noqa: S101 - its block has ended
        return self.profile


class Subject:
    """What is being profiled, from its start on."""

    def __init__(self, kind: Kind, name: str, clock: Clock) -> None:
        self._kind: Kind = kind
        self._name = name
        self._clock: Clock = clock
        self._started_at = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._started = perf_counter()

    def profile(self, seconds_by_stack: dict[Stack, float], idle_seconds: float) -> Profile:
        """Return its profile; it ends now."""
        about = About(
            kind=self._kind,
            name=self._name,
            clock=self._clock,
            started_at=self._started_at,
            seconds=perf_counter() - self._started,
            idle_seconds=idle_seconds,
            pid=os.getpid(),
        )
        return Profile(about, seconds_by_stack)


class Call:
    """The profile of one request or one call, while it is taken."""

    def __init__(self, subject: Subject, recording: "Recording") -> None:
        self._subject = subject
        self._recording = recording
        recording.start()

    def finish(self) -> Profile:
        """End it, in the thread that started it; another profile may be taken then."""
        try:
            self._recording.stop()
            return self._subject.profile(*self._recording.seconds_by_stack())
        finally:
            _taken.release()


def start_call(
    kind: Kind, name: str, clock: Clock, base: FrameType | None, *, is_async: bool
) -> Call:
    """Start to profile the request or call that runs now.

    Args:
        kind: Of what.
        name: Of the request or function.
        clock: "wall" or "cpu".
        base: The innermost frame that does not belong to it.
        is_async: Whether it is a coroutine: then others run meanwhile in its thread.
    Raises:
        ProfilerBusy: another profile is being taken.
    Cost: calls in this thread take up to 5 times as long meanwhile; the first imports pyinstrument.
    """
    _take()
    try:
        # A process that is not profiled does without it: 30 ms and 4 MB.
        from hotpath.profiling import recording  # noqa: PLC0415

        make = recording.ContextRecording if is_async else recording.Recording
        made = make(clock, base, recording.FINE_INTERVAL_S)
        return Call(Subject(kind, name, clock), made)
    except BaseException:
        _taken.release()
        raise


class ProcessProfiler:
    """Profiles the whole process; `enter` is called by each thread that handles requests.

    Attributes:
        needs_threads: Whether `enter` has anything to do.
    """

    def __init__(self) -> None:
        self.needs_threads = False
        self._recording: ProcessRecording | None = None
        self._entered: set[int] = set()

    @contextmanager
    def running(self, name: str, clock: Clock, *, is_event_loop: bool) -> Iterator[Running]:
        """Profile the process while the block runs.

        Args:
            name: What it is called in the profile.
            clock: "wall" or "cpu".
            is_event_loop: Whether this is called in a coroutine, on the event loop of requests.
        Raises:
            ProfilerBusy: another profile is being taken.
        """
        _take()
        try:
            from hotpath.profiling.process import ProcessRecording  # noqa: PLC0415 - as above

            recording, subject = ProcessRecording(clock), Subject("process", name, clock)
            running = Running()
            recording.start(is_event_loop=is_event_loop)
            self._recording, self.needs_threads = recording, True
            try:
                yield running
            finally:
                recording.stop()
                running.profile = subject.profile(*recording.seconds_by_stack())
        finally:
            _taken.release()

    def enter(self, base: FrameType | None) -> None:
        """Have this thread recorded, or no longer; it handles a request that `base` passed to it.

        A thread can only be told so by itself: one that gets no request after a profile stays as it
        is, and so idle that it costs nothing.
        """
        recording, thread = self._recording, get_ident()
        if recording is not None and not recording.is_over:
            if recording.enter(base):
                self._entered.add(thread)
        elif thread in self._entered:
            from hotpath.profiling.recording import stop_recording  # noqa: PLC0415 - as above

            stop_recording()
            self._entered.discard(thread)
            self.needs_threads = bool(self._entered)
        elif not self._entered:
            self.needs_threads = False


def _take() -> None:
    if not _taken.acquire(blocking=False):
        raise ProfilerBusy
