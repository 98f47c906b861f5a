"""Blocking calls beside the event loop."""

import asyncio
import threading

from hotpath.aio.concurrency import bounded_threads, run_blocking


async def test_blocking_calls_use_no_more_threads_than_set() -> None:
    with bounded_threads(2):
        names = await asyncio.gather(*(run_blocking(name_after_others, 2) for _ in range(8)))

    assert len(set(names)) == 2


def name_after_others(count: int) -> str:
    """Return the name of this thread once `count` threads have been here."""
    SEEN.add(threading.current_thread().name)
    if len(SEEN) >= count:
        ALL_SEEN.set()
    assert ALL_SEEN.wait(10)
    return threading.current_thread().name


SEEN: set[str] = set()
ALL_SEEN = threading.Event()
