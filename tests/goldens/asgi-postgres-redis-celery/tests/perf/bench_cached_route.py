"""Measure `GET /users/{id}` from each tier: `uv run python -m tests.perf.bench_cached_route`.

Symptom: a route that is cached and still as slow as the database, since the answer is encoded again
or the cache is as far away.

Multiples of `GET /healthz`, seen by one client on 2 cores, ASGI (WSGI): from this process 1.2
(1.1), from Redis 1.6 (1.2), from the database and kept 4.4 (2.5) with SQLite.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import httpx2
from rich.console import Console
from rich.table import Table

from shop.services.testing import temporary_services

from ..crowd import crowded
from ..servers import serving
from ..workspace import Workspace

USERS = 20_000
READS = 200
ROUNDS = 15
HEALTH, NEAR, REDIS, DATABASE = "GET /healthz", "this process", "Redis", "the database"

Read = Callable[[], httpx2.Response]


def main() -> None:
    """Print medians of interleaved rounds, seen by a client."""
    with TemporaryDirectory() as name, temporary_services() as services, ExitStack() as stack:
        folder = Path(name)
        place = Workspace.in_folder(folder).with_variables(services)
        place = place.with_settings(OBSERVABILITY__ACCESS_LOG="false")
        place = crowded(place, services, folder, users=USERS)
        full = stack.enter_context(serving(place)).http
        empty = place.with_settings(CACHE__NEAR_MAX_ENTRIES=1)
        seconds = seconds_of(ways(full, stack.enter_context(serving(empty)).http))
    table = Table("answered from", "µs", f"ratio to {HEALTH}", title="GET /users/{id}")
    for way, each in seconds.items():
        table.add_row(way, f"{each * 1e6:,.0f}", f"{each / seconds[HEALTH]:.2f}")
    Console().print(table)


def ways(full: httpx2.Client, empty: httpx2.Client) -> Mapping[str, Read]:
    """Return what is compared; `empty` is a server that holds one answer at most."""
    kept = numbers(range(1, READS + 1))
    new = count(READS + 1)
    for number in range(1, READS + 1):
        full.get(f"/users/{number}").raise_for_status()
    return {
        HEALTH: lambda: full.get("/healthz"),
        NEAR: lambda: full.get(f"/users/{next(kept)}"),
        REDIS: lambda: empty.get(f"/users/{next(kept)}"),
        DATABASE: lambda: empty.get(f"/users/{next(new)}"),
    }


def numbers(choice: range) -> Iterator[int]:
    """Go round and round."""
    while True:
        yield from choice


def seconds_of(reads: Mapping[str, Read]) -> dict[str, float]:
    """Return the median time of a request, each way in turn in each round."""
    taken: dict[str, list[float]] = {name: [] for name in reads}
    for _ in range(ROUNDS):
        for name in random.sample(list(reads), len(reads)):
            for _ in range(READS):
                started = perf_counter()
                answer = reads[name]()
                taken[name].append(perf_counter() - started)
                assert answer.is_success, answer.text
    return {name: median(each) for name, each in taken.items()}


if __name__ == "__main__":
    main()
