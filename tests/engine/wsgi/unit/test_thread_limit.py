"""How many threads may be busy, by what the process does."""

import pytest
from hotpath.server.shedding import LEAST, TICK_S
from hotpath.wsgi.server.thread_limit import ThreadLimit

COUNT = 64
LATE_S = 0.04
TICKS = 40


def after(
    limit: ThreadLimit, ticks: int = TICKS, *, late_s: float, used: float, waiting: int = 100
) -> int:
    """Return the limit after so many ticks of the same kind."""
    for _ in range(ticks):
        limit.tick(TICK_S + late_s, used, limit.value, waiting)
    return limit.value


@pytest.fixture
def many() -> ThreadLimit:
    """Return a limit that lets all threads be busy."""
    limit = ThreadLimit(COUNT)
    assert after(limit, late_s=0.0, used=0.3) == COUNT
    return limit


def test_a_few_are_busy_until_it_is_known_what_they_do() -> None:
    assert ThreadLimit(COUNT).value == LEAST
    assert ThreadLimit(3).value == 3


def test_more_are_busy_while_they_wait() -> None:
    limit = ThreadLimit(COUNT)
    assert after(limit, 1, late_s=0.0, used=0.3) == 1.5 * LEAST
    assert after(limit, 6, late_s=0.0, used=0.3) == COUNT


def test_more_are_busy_with_short_work_though_the_processor_is() -> None:
    assert after(ThreadLimit(COUNT), late_s=0.002, used=1.0) == COUNT


def test_more_are_busy_though_the_loop_is_late_while_the_processor_is_not() -> None:
    assert after(ThreadLimit(COUNT), late_s=0.01, used=0.7) == COUNT


def test_two_are_busy_while_the_event_loop_waits_for_them(many: ThreadLimit) -> None:
    assert after(many, late_s=LATE_S, used=1.0) == 2


def test_as_many_stay_busy_while_the_loop_is_hardly_late(many: ThreadLimit) -> None:
    assert after(many, late_s=0.01, used=1.0) == COUNT


def test_one_late_turn_reduces_nothing(many: ThreadLimit) -> None:
    assert after(many, 1, late_s=LATE_S / 2, used=1.0) == COUNT


@pytest.mark.parametrize(
    ("late_s", "used"),
    [(LATE_S, 0.2), (LATE_S, 1.8)],
    ids=["other processes", "work beside the lock"],
)
def test_threads_are_not_to_blame_for_all_that_makes_a_loop_late(
    many: ThreadLimit, late_s: float, used: float
) -> None:
    assert after(many, late_s=late_s, used=used) == COUNT


def test_a_long_turn_reduces_as_many_short_ones(many: ThreadLimit) -> None:
    assert after(many, 1, late_s=2.0, used=1.0) == 2


def test_few_are_enough_for_few_requests(many: ThreadLimit) -> None:
    for _ in range(TICKS):
        many.tick(TICK_S, 0.1, busy=1, waiting=0)
    assert many.value == LEAST

    many.value = COUNT
    many.tick(TICK_S, 0.1, busy=COUNT, waiting=0)
    assert many.value == COUNT


def test_a_small_pool_stays_small() -> None:
    limit = ThreadLimit(1)
    assert after(limit, late_s=0.0, used=0.3) == 1
    assert after(limit, late_s=LATE_S, used=1.0) == 1
