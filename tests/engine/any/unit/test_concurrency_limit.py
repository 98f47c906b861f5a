"""How many requests are handled at once, by what the process does."""

import pytest
from hotpath.server.concurrency_limit import ConcurrencyLimit
from hotpath.server.shedding import TICK_S

USUAL = 8
MOST = 64
LATE_S = 0.04
TICKS = 40


def new_limit() -> ConcurrencyLimit:
    return ConcurrencyLimit(USUAL, MOST)


def after(
    limit: ConcurrencyLimit, ticks: int = TICKS, *, late_s: float, used: float, waiting: int = 100
) -> float:
    """Return the limit after so many ticks of the same kind."""
    for _ in range(ticks):
        limit.tick(TICK_S + late_s, used, limit.value, waiting)
    return limit.value


@pytest.fixture
def many() -> ConcurrencyLimit:
    """Return a limit that has grown."""
    limit = new_limit()
    assert after(limit, late_s=0.0, used=0.3) == MOST
    return limit


def test_a_few_are_busy_until_it_is_known_what_they_do() -> None:
    assert new_limit().value == USUAL
    assert ConcurrencyLimit(USUAL, 3).value == 3


def test_more_are_busy_while_they_wait() -> None:
    limit = new_limit()
    assert after(limit, 1, late_s=0.0, used=0.3) == 1.5 * USUAL
    assert after(limit, 6, late_s=0.0, used=0.3) == MOST


def test_more_are_busy_with_short_work_though_the_processor_is() -> None:
    assert after(new_limit(), late_s=0.002, used=1.0) == MOST


def test_more_are_busy_though_the_loop_is_late_while_the_processor_is_not() -> None:
    assert after(new_limit(), late_s=0.01, used=0.7) == MOST


def test_two_are_busy_while_the_event_loop_waits_for_them(many: ConcurrencyLimit) -> None:
    assert after(many, late_s=LATE_S, used=1.0) == 2


def test_as_many_stay_busy_while_the_loop_is_hardly_late(many: ConcurrencyLimit) -> None:
    assert after(many, late_s=0.01, used=1.0) == MOST


def test_one_late_turn_reduces_nothing(many: ConcurrencyLimit) -> None:
    assert after(many, 1, late_s=LATE_S / 2, used=1.0) == MOST


@pytest.mark.parametrize(
    ("late_s", "used"),
    [(LATE_S, 0.2), (LATE_S, 1.8)],
    ids=["other processes", "work beside the lock"],
)
def test_requests_are_not_to_blame_for_all_that_makes_a_loop_late(
    many: ConcurrencyLimit, late_s: float, used: float
) -> None:
    assert after(many, late_s=late_s, used=used) == MOST


def test_a_long_turn_reduces_as_many_short_ones(many: ConcurrencyLimit) -> None:
    assert after(many, 1, late_s=2.0, used=1.0) == 2


def test_what_was_reduced_takes_effect_before_it_is_reduced_again(many: ConcurrencyLimit) -> None:
    for _ in range(TICKS):
        many.tick(TICK_S + LATE_S, 1.0, MOST, 100)

    assert MOST / 2 < many.value < MOST


def test_few_are_enough_for_few_requests(many: ConcurrencyLimit) -> None:
    for _ in range(TICKS):
        many.tick(TICK_S, 0.1, busy=1, waiting=0)
    assert many.value == USUAL

    many.value = MOST
    many.tick(TICK_S, 0.1, busy=MOST, waiting=0)
    assert many.value == MOST


def test_a_small_pool_stays_small() -> None:
    limit = ConcurrencyLimit(USUAL, 1)
    assert after(limit, late_s=0.0, used=0.3) == 1
    assert after(limit, late_s=LATE_S, used=1.0) == 1
