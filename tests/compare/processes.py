"""Processes that are measured: their tree, its CPU time and memory, and their end."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .cores import CompareError, pinned

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
STOP_WITHIN_S = 10


@dataclass(frozen=True)
class Memory:
    """What the largest process of a tree holds: its worker."""

    rss_mb: float
    uss_mb: float


class Processes:
    """A process and all that it started."""

    def __init__(self, root: subprocess.Popen[bytes]) -> None:
        self._root = root

    @property
    def is_running(self) -> bool:
        return self._root.poll() is None

    def cpu_s(self) -> float:
        """Return the CPU seconds that all of them used so far."""
        return sum(_ticks(pid) for pid in _tree(self._root.pid)) / TICKS_PER_S

    def memory(self) -> Memory:
        """Return the memory of the largest one."""
        held = [_memory(pid) for pid in _tree(self._root.pid)]
        return max(held, key=lambda memory: memory.uss_mb)

    def settle(self, within_s: float = 5.0) -> None:
        """Wait until they have nothing left to do, or not any longer."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            before = self.cpu_s()
            time.sleep(0.1)
            if self.cpu_s() - before <= 2 / TICKS_PER_S:
                return

    def stop(self) -> None:
        """End all of them: asked first, then killed."""
        tree = _tree(self._root.pid)
        self._root.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._root.wait(STOP_WITHIN_S)
        for pid in tree:
            if pid != self._root.pid or self.is_running:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self._root.wait()


@contextlib.contextmanager
def running(
    command: Sequence[str], cwd: Path, environment: Mapping[str, str], cores: frozenset[int]
) -> Iterator[Processes]:
    """Run a service on `cores`, its output in a file; show the end of it if all fails."""
    log = cwd / "compare.log"
    with log.open("wb") as output:
        root = subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=pinned(cores),
            start_new_session=True,  # Ctrl-C is for us; we end it
        )
        processes = Processes(root)
        try:
            yield processes
        except CompareError as error:
            raise CompareError(f"{error}\n{log.read_text(errors='replace')[-3000:]}") from None
        finally:
            processes.stop()


def _tree(pid: int) -> list[int]:
    found = [pid]
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in children.read_text().split():
                found += _tree(int(child))
    return found


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


def _memory(pid: int) -> Memory:
    kib = {"Rss:": 0, "Private_Clean:": 0, "Private_Dirty:": 0}
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            name, value, *_ = line.split()
            if name in kib:
                kib[name] = int(value)
    private = kib["Private_Clean:"] + kib["Private_Dirty:"]
    return Memory(kib["Rss:"] / 1024, private / 1024)
