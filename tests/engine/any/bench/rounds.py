"""Ways to do the same, measured in turn: what else the machine does meets them all."""

import random
from collections.abc import Awaitable, Callable, Mapping
from statistics import median
from time import perf_counter

from rich.table import Table

ROUNDS = 75

Work = Callable[[int], Awaitable[None]]
"""Does something so many times."""


async def seconds_of(ways: Mapping[str, Work], times: int) -> dict[str, float]:
    """Return what each way takes for one time: the median of rounds, in each of them in turn."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for work in ways.values():
        await work(times)  # warms it up
    for _ in range(ROUNDS):
        for name in random.sample(list(ways), len(ways)):
            started = perf_counter()
            await ways[name](times)
            taken[name].append((perf_counter() - started) / times)
    return {name: median(each) for name, each in taken.items()}


def table_of(title: str, seconds: Mapping[str, float], base: str) -> Table:
    """Return the times as a table, with ratios to `base`."""
    table = Table("way", "µs", f"ratio to {base}", title=title)
    for name, each in seconds.items():
        table.add_row(name, f"{each * 1e6:,.2f}", f"{each / seconds[base]:.2f}")
    return table
