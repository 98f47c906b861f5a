"""The export of a million users: `nox -s bench -- asgi-sqlite-memory-none export [users]`.

Symptom: an export that holds all rows grows with the table and says nothing for seconds.

Measured with 1 M users on 2 cores, both formats, every stack: memory 0-29 MiB over idle, first byte
after 5-16 ms, 131-290k rows/s.
"""

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

from hotpath.testing.servers import Server, serving
from rich.console import Console
from rich.table import Table

from .place import measured

USERS = 1_000_000
MIB = 1 << 20
SAMPLED_EVERY_S = 0.02


@dataclass(frozen=True)
class Figures:
    """What one export took."""

    seconds: float
    first_byte_s: float
    size_bytes: int
    growth_bytes: int


def resident_bytes(pid: int) -> int:
    """Return the memory of a process and its children, counting shared pages once each."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    [line] = [row for row in rows if row.startswith("Pss:")]
    return int(line.split()[1]) * 1024 + sum(resident_bytes(int(child)) for child in children)


def export(server: Server, layout: str) -> Figures:
    """Read one export to its end, without keeping it."""
    idle = peak = resident_bytes(server.program.process.pid)
    ended = Event()

    def watch() -> None:
        nonlocal peak
        while not ended.wait(SAMPLED_EVERY_S):
            peak = max(peak, resident_bytes(server.program.process.pid))

    watcher = Thread(target=watch)
    watcher.start()
    started = time.perf_counter()
    size = first_byte_s = 0.0
    try:
        with server.http.stream("GET", "/users/export", params={"format": layout}) as response:
            response.raise_for_status()
            for piece in response.iter_raw():
                first_byte_s = first_byte_s or time.perf_counter() - started
                size += len(piece)
    finally:
        ended.set()
        watcher.join()
    return Figures(time.perf_counter() - started, first_byte_s, int(size), peak - idle)


def measure(users: int, show: Callable[[Table], None]) -> None:
    """Fill a database, serve it, export it in both formats."""
    table = Table("format", "rows/s", "MB/s", "first byte", "memory over idle")
    with ExitStack() as stack:
        place = stack.enter_context(measured(users))
        server = stack.enter_context(serving(place))
        server.http.get("/users?limit=1").raise_for_status()
        for layout in ("ndjson", "json"):
            took = export(server, layout)
            table.add_row(
                layout,
                f"{users / took.seconds:,.0f}",
                f"{took.size_bytes / took.seconds / MIB:.1f}",
                f"{took.first_byte_s * 1000:.1f} ms",
                f"{took.growth_bytes / MIB:.1f} MiB",
            )
    show(table)


if __name__ == "__main__":
    measure(int(sys.argv[1]) if len(sys.argv) > 1 else USERS, Console().print)
