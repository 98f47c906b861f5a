"""The parent of worker processes: starts them, replaces those that end or hang, stops them all."""

import logging
import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from mmap import mmap
from multiprocessing import get_context
from multiprocessing.context import ForkProcess
from struct import Struct
from time import monotonic
from types import FrameType

from hotpath.server.listener import HANDSHAKE_S, refuse_new_connections
from hotpath.server.signals import DRAIN, STOP
from hotpath.settings import ServerSettings

STARTUP_FAILURE = 3
"""The exit code of a worker that cannot start, and would not at the next time."""

_logger = logging.getLogger(__name__)
_TICK_S = 0.5
_LATE_S = 3.0
"""A parent that wakes up so late was stopped itself, as its workers were."""
_RESTART_S = 1.0
"""A worker that lived shorter is replaced only after that time."""
_INSIST_S = 3.0
"""Seconds that a worker has to end when it is to stop at once."""
_KILL_S = 5.0
"""Seconds beside `shutdown_s` that a worker has to close what it opened."""
_seconds = Struct("d")


class Heartbeat:
    """Shared with one worker, which tells that its event loop runs."""

    def __init__(self) -> None:
        self._shared = mmap(-1, _seconds.size)

    def beat(self) -> None:
        """Tell that the worker serves. Cost: 0.3 µs."""
        _seconds.pack_into(self._shared, 0, monotonic())

    @property
    def last(self) -> float:
        """When the worker told so last, by `monotonic`; 0 while it starts."""
        last: float = _seconds.unpack_from(self._shared)[0]
        return last


@dataclass
class _Worker:
    process: ForkProcess
    heartbeat: Heartbeat
    started: float


class Supervisor:
    """Runs `serve` in `workers` processes that share a listening socket.

    SIGTERM and SIGINT stop all of them: they drain for `drain_s`, then no more connections are
    opened, and what was accepted is served for `shutdown_s`. A second signal stops at once.
    """

    def __init__(
        self,
        settings: ServerSettings,
        listener: socket.socket,
        serve: Callable[[socket.socket, Heartbeat], None],
    ) -> None:
        self._settings = settings
        self._listener = listener
        self._serve = serve
        self._workers: list[_Worker] = []
        self._signals: list[int] = []
        self._wake_up, self._wake_up_end = os.pipe()
        self._exit_code = 0

    def run(self) -> int:
        """Run until the end; return the exit code."""
        os.set_blocking(self._wake_up_end, False)
        os.set_blocking(self._wake_up, False)
        signal.set_wakeup_fd(self._wake_up_end, warn_on_full_buffer=False)
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, self._note)
        self._workers = [self._start() for _ in range(self._settings.workers)]
        while not self._signals and self._exit_code == 0:
            started = monotonic()
            self._wait(_TICK_S, self._living())
            self._replace(is_late=monotonic() - started > _LATE_S)
        self._stop()
        return self._exit_code

    def _note(self, number: int, _: FrameType | None) -> None:
        self._signals.append(number)

    def _start(self) -> _Worker:
        heartbeat = Heartbeat()
        process = get_context("fork").Process(target=self._work, args=(heartbeat,))
        process.start()
        return _Worker(process, heartbeat, monotonic())

    def _work(self, heartbeat: Heartbeat) -> None:
        """Serve, in a process of its own."""
        signal.set_wakeup_fd(-1)
        os.close(self._wake_up)
        os.close(self._wake_up_end)
        for each in (signal.SIGTERM, DRAIN, STOP):
            signal.signal(each, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes: this is told
        try:
            self._serve(self._listener, heartbeat)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()

    def _wait(self, at_most_s: float, workers: Sequence[_Worker] = ()) -> None:
        """Wait for a signal, or the end of one of these workers."""
        sentinels = [each.process.sentinel for each in workers]
        select.select([self._wake_up, *sentinels], [], [], max(0.0, at_most_s))
        with suppress(BlockingIOError):
            os.read(self._wake_up, 1024)

    def _replace(self, *, is_late: bool) -> None:
        """Replace workers that ended, and those that are silent for too long."""
        timeout_s = self._settings.worker_timeout_s
        for index, worker in enumerate(self._workers):
            if worker.process.exitcode is None:
                last = worker.heartbeat.last
                if is_late and last:
                    worker.heartbeat.beat()
                elif timeout_s and last and monotonic() - last > timeout_s:
                    _logger.error("worker %s hangs, and is replaced", worker.process.pid)
                    worker.process.kill()
                continue
            if worker.process.exitcode == STARTUP_FAILURE:
                self._exit_code = STARTUP_FAILURE
                return
            early_s = _RESTART_S - (monotonic() - worker.started)
            if early_s > 0:
                self._wait(early_s)
            if not self._signals:
                code = worker.process.exitcode
                _logger.error("worker %s ended with %s, and is replaced", worker.process.pid, code)
                self._workers[index] = self._start()

    def _stop(self) -> None:
        """Stop all workers, the gentler the longer nobody insists."""
        settings, signals = self._settings, self._signals
        insisted = len(signals) + 1
        if signals and signals[0] == signal.SIGTERM and settings.drain_s:
            self._tell(DRAIN)
            self._wait_for_end(settings.drain_s, insisted)
        refuse_new_connections(self._listener)
        self._wait_for_end(HANDSHAKE_S, insisted)
        self._tell(STOP)
        self._listener.close()
        self._wait_for_end(settings.shutdown_s + _KILL_S, insisted)
        self._tell(STOP)  # once more
        self._wait_for_end(_INSIST_S, insisted + 1)
        self._tell(signal.SIGKILL)
        for worker in self._workers:
            worker.process.join()

    def _wait_for_end(self, seconds: float, insisted: int) -> None:
        """Wait until all workers have ended, the time is over, or so many signals came."""
        end = monotonic() + seconds
        while living := self._living():
            if monotonic() >= end or len(self._signals) >= insisted:
                return
            self._wait(end - monotonic(), living)

    def _living(self) -> Sequence[_Worker]:
        return [each for each in self._workers if each.process.exitcode is None]

    def _tell(self, number: int) -> None:
        for worker in self._living():
            with suppress(ProcessLookupError):
                os.kill(worker.process.pid or 0, number)
