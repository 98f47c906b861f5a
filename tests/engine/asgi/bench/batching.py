"""Users by id from the real database: our batches, aiodataloader's, and a query for each.

Symptom: with a query each, 64 readers are served no faster than 8. Look-ups/s on 2 cores, a query
each → batched (aiodataloader):

    readers   SQLite                    PostgreSQL
    8         510 → 3,982 (3,524)       1,088 → 6,223 (6,491)
    64        812 → 26,374 (25,035)     910 → 16,456 (24,454)
    256       560 → 24,555 (26,333)     873 → 34,757 (34,042)

A lone reader pays 4 to 6 %, 3 to 5 % with aiodataloader. That one sends a batch in each turn of
the loop however many are in flight, looks duplicates up twice, and has no deadline and no figures.

`nox -s bench -- asgi-postgres-memory-none batching`; without that package its rows are left out.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from importlib import import_module
from statistics import median
from time import perf_counter

import uvloop
from hotpath.observability.metrics import Metrics
from hotpath.testing.workspace import Workspace
from rich.console import Console
from rich.table import Table
from sqlalchemy import insert

from package_name.resources import Resources, open_resources
from package_name.users.model import User
from package_name.users.service import user_by_id

from .place import measured

USERS = 10_000
LOOKUPS = 512
ROUNDS = 9
PATIENCE_S = 60  # the queries of 256 clients queue for the pool longer than its default wait
CONCURRENCIES = (1, 8, 64, 256)
OURS, EACH, THEIRS = "batched", "a query each", "aiodataloader"

Read = Callable[[int], Awaitable[bytes | Exception | None]]


def main() -> None:
    """Print look-ups per second, medians of interleaved rounds, and ratios to a query each."""
    with measured(DB__POOL_WAIT_S=PATIENCE_S) as workspace:
        Console().print(uvloop.run(compare(workspace)))


async def compare(workspace: Workspace) -> Table:
    """Measure each way at each concurrency."""
    table = Table("concurrency", "way", "look-ups/s", f"ratio to {EACH}")
    async with AsyncExitStack() as stack:
        settings = workspace.settings()
        resources = await stack.enter_async_context(open_resources(settings, Metrics("shop")))
        await add_users(resources)
        ways = ways_to_read(resources)
        for concurrency in CONCURRENCIES:
            rates = await rates_of(ways, concurrency)
            for name, rate in rates.items():
                table.add_row(f"{concurrency}", name, f"{rate:,.0f}", f"{rate / rates[EACH]:.2f}")
    return table


async def add_users(resources: Resources) -> None:
    """Add the users that are read."""
    rows = [{"id": n, "email": f"{n}@example.com", "name": "Ada"} for n in range(1, USERS + 1)]
    async with resources.db.writing() as session:
        await session.execute(insert(User), rows)


def ways_to_read(resources: Resources) -> dict[str, Read]:
    """Return what is compared; the statement and the encoding are the same for all."""

    async def alone(user_id: int) -> bytes | Exception | None:
        return (await user_by_id.load(resources.db, [user_id])).get(user_id)

    async def batched(user_id: int) -> bytes | Exception | None:
        return await resources.loaders.get(user_by_id, user_id)

    ways: dict[str, Read] = {EACH: alone, OURS: batched}
    with suppress(ModuleNotFoundError):
        ways[THEIRS] = read_with_aiodataloader(resources)
    return ways


def read_with_aiodataloader(resources: Resources) -> Read:
    """Return its `load`, which caches nothing: that is the cache's work."""
    loader = import_module("aiodataloader").DataLoader

    async def load_all(user_ids: list[int]) -> list[bytes | Exception | None]:
        found = await user_by_id.load(resources.db, user_ids)
        return [found.get(user_id) for user_id in user_ids]

    read: Read = loader(load_all, cache=False, max_batch_size=256).load
    return read


async def rates_of(ways: dict[str, Read], concurrency: int) -> dict[str, float]:
    """Return look-ups per second, each way in turn in each round."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name in random.sample(list(ways), len(ways)):
            started = perf_counter()
            await read_many(ways[name], concurrency)
            seconds[name].append(perf_counter() - started)
    return {name: LOOKUPS / median(taken) for name, taken in seconds.items()}


async def read_many(read: Read, concurrency: int) -> None:
    """Let `concurrency` clients read one user after another."""

    async def client() -> None:
        for _ in range(LOOKUPS // concurrency):
            assert await read(random.randint(1, USERS))

    async with asyncio.TaskGroup() as clients:
        for _ in range(concurrency):
            clients.create_task(client())


if __name__ == "__main__":
    main()
