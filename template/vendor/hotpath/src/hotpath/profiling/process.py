"""Profiles the whole process: its event loop, the threads that handle requests, and the others."""

import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread, get_ident
from types import CodeType, FrameType

from hotpath.profiling.profile import Clock, Stack
from hotpath.profiling.recording import (
    INTERVAL_S,
    Recording,
    above_coroutines,
    frame_of,
    frames_from,
)

_SAMPLE_S = 0.01
_SWITCH_S = 0.0005
"""Seconds a thread may keep the interpreter from the one that samples; by default it is 5 ms, and
what takes less is over when it is sampled."""
_WAITING = ("/threading.py", "/queue.py", "/selectors.py", "/futures/thread.py")
"""Files whose functions wait: a thread seen there has spent its time elsewhere."""

_TASKS = Path("/proc/self/task")
_NS = 1e-9


class ProcessRecording:
    """Where a process spends its time.

    Recorded exactly: the thread that starts it, if that runs an event loop, and each thread that
    `enter` is called in, from its first request on. Any other thread is sampled, with the CPU time
    that it took, on Linux.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock: Clock = clock
        self._recording_by_thread: dict[int, Recording] = {}
        self._loop: Recording | None = None
        self._others = _OtherThreads(self._recording_by_thread)
        self.is_over = False

    def start(self, *, is_event_loop: bool) -> None:
        """Start it, in a coroutine on the event loop, or in any thread."""
        if is_event_loop:
            self._loop = Recording(self._clock, above_coroutines(sys._getframe(1)), INTERVAL_S)
            self._recording_by_thread[get_ident()] = self._loop
            self._loop.start()
        self._others.start()

    def stop(self) -> None:
        """End it, in the thread that started it; the others have to `stop_recording`."""
        self.is_over = True
        if self._loop is not None:
            self._loop.stop()
        self._others.stop()

    def enter(self, base: FrameType | None) -> bool:
        """Record this thread, which starts to handle a request that `base` passed to it.

        Returns:
            Whether it was not recorded before.
        """
        is_new = get_ident() not in self._recording_by_thread
        if is_new:
            recording = Recording(self._clock, base, INTERVAL_S)
            self._recording_by_thread[get_ident()] = recording
            recording.start()
        return is_new

    def seconds_by_stack(self) -> tuple[dict[Stack, float], float]:
        """Return the seconds by stack, and those that threads were idle; after `stop`."""
        found: defaultdict[Stack, float] = defaultdict(float, self._others.seconds_by_stack())
        idle = 0.0
        for recording in list(self._recording_by_thread.values()):
            seconds_by_stack, idle_here = recording.seconds_by_stack()
            idle += idle_here
            for stack, seconds in seconds_by_stack.items():
                found[stack] += seconds
        return found, idle


class _OtherThreads:
    """Samples the threads that are not recorded, 100 times a second, from a thread of its own."""

    def __init__(self, recorded: dict[int, Recording]) -> None:
        self._recorded = recorded
        self._over = Event()
        self._thread = Thread(target=self._run, name="profiler", daemon=True)
        self._cpu_by_thread: dict[int, float] = {}
        self._unseen: defaultdict[int, float] = defaultdict(float)
        """CPU seconds of threads until they are seen at work."""
        self._seconds: defaultdict[tuple[CodeType, ...], float] = defaultdict(float)

    def start(self) -> None:
        """Start to sample, where the system tells the CPU time of threads."""
        if _TASKS.is_dir():
            self._sample()  # what they took before does not count
            self._seconds.clear()
            self._unseen.clear()
            self._switch_s = sys.getswitchinterval()
            sys.setswitchinterval(_SWITCH_S)
            self._thread.start()

    def stop(self) -> None:
        """End it."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
            sys.setswitchinterval(self._switch_s)

    def seconds_by_stack(self) -> Iterator[tuple[Stack, float]]:
        """Yield the CPU seconds of each stack."""
        for codes, seconds in self._seconds.items():
            if seconds:
                yield tuple(map(frame_of, reversed(codes))), seconds

    def _run(self) -> None:
        while not self._over.wait(_SAMPLE_S):
            self._sample()

    def _sample(self) -> None:
        frames = sys._current_frames()
        for thread in threading.enumerate():
            frame = frames.get(thread.ident or 0)
            is_other = thread is not self._thread and thread.ident not in self._recorded
            if frame is not None and is_other and thread.native_id is not None:
                self._unseen[thread.native_id] += self._cpu_since_last(thread.native_id)
                if not frame.f_code.co_filename.endswith(_WAITING):
                    stack = tuple(each.f_code for each in frames_from(frame))
                    self._seconds[stack] += self._unseen.pop(thread.native_id)

    def _cpu_since_last(self, native_id: int) -> float:
        """Return the CPU seconds of a thread since the last call; none if it has ended."""
        try:
            spent = int((_TASKS / str(native_id) / "schedstat").read_text().split()[0]) * _NS
        except (OSError, IndexError):
            return 0.0
        before = self._cpu_by_thread.get(native_id, 0.0)
        self._cpu_by_thread[native_id] = spent
        return spent - before
