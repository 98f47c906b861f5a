"""What is used by one caller at a time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hotpath.blocking.resource_pool import ResourcePool
from hotpath_services.process import wait_until

SOON_S = 10.0


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    """Run what waits."""
    with ThreadPoolExecutor() as pool:
        yield pool


def test_who_waits_too_long_is_the_next(threads: ThreadPoolExecutor) -> None:
    slots = ResourcePool(["a"], fair_after_s=0)
    item = slots.acquire(0)
    waiting = threads.submit(slots.acquire, SOON_S)
    assert wait_until(lambda: slots.waiting == 1, SOON_S)

    slots.release(item)

    with pytest.raises(TimeoutError):
        slots.acquire(0)
    assert waiting.result() == "a"


def test_what_is_free_goes_to_whoever_runs_until_then(threads: ThreadPoolExecutor) -> None:
    slots = ResourcePool(["a"], fair_after_s=SOON_S)
    item = slots.acquire(0)
    waiting = threads.submit(slots.acquire, SOON_S)
    assert wait_until(lambda: slots.waiting == 1, SOON_S)

    slots.release(item)

    assert waiting.result() == "a"
    assert slots.waiting == slots.free == 0


def test_nobody_waits_longer_than_said() -> None:
    slots = ResourcePool(["a"])
    slots.acquire(0)

    with pytest.raises(TimeoutError):
        slots.acquire(0.01)
    assert slots.waiting == 0
