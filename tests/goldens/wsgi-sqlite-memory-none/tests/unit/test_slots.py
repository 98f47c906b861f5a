"""What is used by one caller at a time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from shop.db.slots import Slots
from shop.services.process import wait_until

SOON_S = 10.0


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    """Run what waits."""
    with ThreadPoolExecutor() as pool:
        yield pool


def test_who_waits_too_long_is_the_next(threads: ThreadPoolExecutor) -> None:
    slots = Slots(["a"], fair_after_s=0)
    item = slots.take(0)
    waiting = threads.submit(slots.take, SOON_S)
    assert wait_until(lambda: slots.waiting == 1, SOON_S)

    slots.give(item)

    with pytest.raises(TimeoutError):
        slots.take(0)
    assert waiting.result() == "a"


def test_what_is_free_goes_to_whoever_runs_until_then(threads: ThreadPoolExecutor) -> None:
    slots = Slots(["a"], fair_after_s=SOON_S)
    item = slots.take(0)
    waiting = threads.submit(slots.take, SOON_S)
    assert wait_until(lambda: slots.waiting == 1, SOON_S)

    slots.give(item)

    assert waiting.result() == "a"
    assert slots.waiting == slots.free == 0


def test_nobody_waits_longer_than_said() -> None:
    slots = Slots(["a"])
    slots.take(0)

    with pytest.raises(TimeoutError):
        slots.take(0.01)
    assert slots.waiting == 0
