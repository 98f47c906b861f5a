"""`GET /users/{id}` from each tier: `nox -s bench -- asgi-sqlite-redis-none cached_route`.

Symptom: a route that is cached and still as slow as the database, since the response is encoded
again or the cache is as far away.

Multiples of `GET /healthz`, seen by one client on 2 cores, ASGI (WSGI): from this process 1.2
(1.1), from Redis 1.6 (1.2), from the database and cached 4.4 (2.5) with SQLite.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from itertools import count
from statistics import median
from time import perf_counter

import httpx2
from hotpath.testing.servers import serving
from rich.console import Console
from rich.table import Table

from .place import measured

USERS = 20_000
READS = 200
ROUNDS = 15
HEALTH, MEMORY, REDIS, DATABASE = "GET /healthz", "this process", "Redis", "the database"

Read = Callable[[], httpx2.Response]


def main() -> None:
    """Print medians of interleaved rounds, seen by a client."""
    with measured(USERS) as place, ExitStack() as stack:
        full = stack.enter_context(serving(place)).http
        empty = place.with_settings(CACHE__L1_MAX_ENTRIES=1)
        seconds = seconds_of(ways(full, stack.enter_context(serving(empty)).http))
    table = Table("response from", "µs", f"ratio to {HEALTH}", title="GET /users/{id}")
    for way, each in seconds.items():
        table.add_row(way, f"{each * 1e6:,.0f}", f"{each / seconds[HEALTH]:.2f}")
    Console().print(table)


def ways(full: httpx2.Client, empty: httpx2.Client) -> Mapping[str, Read]:
    """Return what is compared; `empty` is a server that caches one response at most."""
    cached = numbers(range(1, READS + 1))
    new = count(READS + 1)
    for number in range(1, READS + 1):
        full.get(f"/users/{number}").raise_for_status()
    return {
        HEALTH: lambda: full.get("/healthz"),
        MEMORY: lambda: full.get(f"/users/{next(cached)}"),
        REDIS: lambda: empty.get(f"/users/{next(cached)}"),
        DATABASE: lambda: empty.get(f"/users/{next(new)}"),
    }


def numbers(choice: range) -> Iterator[int]:
    """Repeat the numbers."""
    while True:
        yield from choice


def seconds_of(reads: Mapping[str, Read]) -> dict[str, float]:
    """Return the median time of a request, each way in turn in each round."""
    taken: dict[str, list[float]] = {name: [] for name in reads}
    for _ in range(ROUNDS):
        for name in random.sample(list(reads), len(reads)):
            for _ in range(READS):
                started = perf_counter()
                response = reads[name]()
                taken[name].append(perf_counter() - started)
                assert response.is_success, response.text
    return {name: median(each) for name, each in taken.items()}


if __name__ == "__main__":
    main()
