"""What Python keeps of a piece of work: counted by its allocator, so alike in each run."""

import gc
import tracemalloc
from collections.abc import Awaitable, Callable
from itertools import pairwise

ROUNDS = 8

Work = Callable[[], Awaitable[None]]


async def peak_bytes(work: Work) -> int:
    """Return the most that was held at once, over what was held before."""
    gc.collect()
    tracemalloc.start()
    try:
        await work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


async def kept_bytes(work: Work, times: int) -> float:
    """Return what each time leaves behind: the least of rounds, as a leak is in all of them."""
    held = []
    tracemalloc.start()  # before them: what replaces something that is not traced seems to be new
    try:
        for _ in range(ROUNDS):
            for _ in range(times):
                await work()
            gc.collect()
            held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    return min(after - before for before, after in pairwise(held)) / times
