"""How many requests are handled at once, by what the process does."""

import pytest
from hotpath.server.concurrency_limit import ConcurrencyLimit
from hotpath.server.shedding import TICK_S

USUAL = 8
MOST = 64
LATE_S = 0.04
TICKS = 40
LONG_TICKS = 10
"""After which requests that have begun before them count no longer."""


def new_limit() -> ConcurrencyLimit:
    return ConcurrencyLimit(USUAL, MOST)


def after(
    limit: ConcurrencyLimit,
    ticks: int = TICKS,
    *,
    late_s: float = 0.0,
    used: float,
    busy: int | None = None,
) -> int:
    """Return the limit after so many ticks of the same kind; as many are busy as may be, or so."""
    for _ in range(ticks):
        tick(limit, late_s, used, used, limit.value if busy is None else busy)
    return limit.value


def tick(limit: ConcurrencyLimit, late_s: float, used: float, own: float, busy: int) -> None:
    while limit.busy < busy:
        limit.began()
    limit.tick(TICK_S + late_s, used, own, waiting=busy)


@pytest.fixture
def many() -> ConcurrencyLimit:
    """Return a limit that has grown."""
    limit = new_limit()
    assert after(limit, used=0.3) == MOST
    return limit


def test_a_few_are_busy_until_it_is_known_what_they_do() -> None:
    assert new_limit().value == USUAL
    assert ConcurrencyLimit(USUAL, 3).value == 3


def test_more_are_busy_while_they_wait() -> None:
    limit = new_limit()
    assert after(limit, 1, used=0.3) == 1.5 * USUAL
    assert after(limit, 6, used=0.3) == MOST


def test_more_are_busy_with_short_work_though_the_processor_is() -> None:
    assert after(new_limit(), late_s=0.002, used=1.0) == MOST


def test_more_are_busy_though_the_loop_is_late_while_the_processor_is_not() -> None:
    assert after(new_limit(), late_s=0.01, used=0.7) == MOST


def test_it_does_not_grow_while_something_else_keeps_requests_waiting() -> None:
    assert after(new_limit(), 10_000, used=0.3, busy=1) == USUAL


def test_a_look_shortly_after_another_lets_it_grow_less() -> None:
    limit = ConcurrencyLimit(100, 1000)
    while limit.busy < limit.value:
        limit.began()

    limit.tick(TICK_S / 4, 0.3, 0.3, waiting=1)

    assert 100 < limit.value < 120


def test_two_are_busy_while_the_event_loop_waits_for_them(many: ConcurrencyLimit) -> None:
    assert after(many, late_s=LATE_S, used=1.0) == 2


def test_as_many_stay_busy_while_the_loop_is_hardly_late(many: ConcurrencyLimit) -> None:
    assert after(many, late_s=0.01, used=1.0) == MOST


def test_one_late_turn_reduces_nothing(many: ConcurrencyLimit) -> None:
    assert after(many, 1, late_s=LATE_S / 2, used=1.0) == MOST


def test_a_loop_that_is_late_no_more_reduces_nothing(many: ConcurrencyLimit) -> None:
    before = after(many, 5, late_s=LATE_S, used=1.0)

    assert before < MOST
    assert after(many, 1, used=1.0) == before


@pytest.mark.parametrize(
    ("used", "own"),
    [(0.2, 0.2), (1.8, 1.8), (1.0, 0.1)],
    ids=["other processes", "work beside the lock", "other threads"],
)
def test_requests_are_not_to_blame_for_all_that_makes_a_loop_late(
    many: ConcurrencyLimit, used: float, own: float
) -> None:
    for _ in range(TICKS):
        tick(many, LATE_S, used, own, MOST)

    assert many.value == MOST


def test_more_are_busy_while_something_else_in_the_process_computes() -> None:
    limit = new_limit()
    for _ in range(TICKS):
        tick(limit, LATE_S, 1.0, 0.1, limit.value)

    assert limit.value == MOST


def test_it_stays_low_while_the_rest_of_the_process_refuses_others(many: ConcurrencyLimit) -> None:
    assert after(many, late_s=LATE_S, used=1.0) == 2
    for busy in [*range(3)] * TICKS:
        tick(many, 0.01, 1.0, 0.5, busy=1 + busy % 2)

    assert many.value == 2


def test_a_long_turn_reduces_as_many_short_ones(many: ConcurrencyLimit) -> None:
    assert after(many, 1, late_s=2.0, used=1.0) == 2


def test_what_was_reduced_takes_effect_before_it_is_reduced_again(many: ConcurrencyLimit) -> None:
    assert MOST / 2 < after(many, late_s=LATE_S, used=1.0, busy=MOST) < MOST


def test_few_are_enough_for_few_requests(many: ConcurrencyLimit) -> None:
    assert after(many, used=0.1, busy=0) == USUAL


def test_as_many_as_usual_may_be_busy_once_it_is_over(many: ConcurrencyLimit) -> None:
    assert after(many, late_s=LATE_S, used=1.0) == 2
    assert after(many, used=0.1, busy=0) == USUAL


def test_requests_that_take_long_keep_no_others_from_beginning() -> None:
    limit = new_limit()
    long = [limit.began() for _ in range(USUAL)]
    after(limit, LONG_TICKS, used=1.0, late_s=0.01, busy=0)
    assert limit.busy == 0

    short = limit.began()
    for period in long:
        limit.ended(period)
    assert limit.busy == 1
    limit.ended(short)
    assert limit.busy == 0


def test_a_request_counts_for_a_while_and_until_it_has_ended() -> None:
    limit = new_limit()
    first = limit.began()
    after(limit, 6, used=0.1, busy=0)
    limit.began()
    assert limit.busy == 2

    limit.ended(first)
    assert limit.busy == 1
    after(limit, 5, used=0.1, busy=0)
    assert limit.busy == 1


def test_a_small_pool_stays_small() -> None:
    limit = ConcurrencyLimit(USUAL, 1)
    assert after(limit, used=0.3) == 1
    assert after(limit, late_s=LATE_S, used=1.0) == 1
