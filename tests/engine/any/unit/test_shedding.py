"""Which requests are refused, by what requests cost."""

from collections.abc import Callable

from hotpath.server.shedding import LEAST, TICK_S, Shedder

TARGET_S = 0.05
COST_S = 0.001
BUSY_TICKS = 6


class Process:
    """What a process does, as its shedder sees it."""

    def __init__(self, waiting: Callable[[], int] | None = None) -> None:
        self.ended = self.waiting = self.refused = 0
        counted = waiting or (lambda: self.waiting)
        self.shedder = Shedder(TARGET_S, lambda: self.ended, counted, self._count_refused)

    def _count_refused(self) -> None:
        self.refused += 1

    def is_busy(self, ticks: int = 1) -> None:
        """Let it handle requests all the time."""
        for _ in range(ticks):
            self.ended += round(TICK_S / COST_S)
            self.waiting = max(0, self.waiting - round(TICK_S / COST_S))
            self.shedder.tick(TICK_S, TICK_S)

    def pauses(self, used_s: float = 0.0, ticks: int = BUSY_TICKS) -> None:
        """Let it handle hardly any request."""
        for _ in range(ticks):
            self.shedder.tick(TICK_S, used_s)

    def refuses(self, count: int, target: bytes = b"/users") -> int:
        """Return how many of so many new requests are refused."""
        refused = 0
        for _ in range(count):
            if self.shedder.most is not None and self.shedder.refuses(target):
                refused += 1
            else:
                self.waiting += 1
        return refused


def test_nothing_is_refused_before_it_is_known_what_requests_cost() -> None:
    assert Process().refuses(10_000) == 0


def test_as_many_are_accepted_as_are_handled_in_time() -> None:
    process = Process()
    process.is_busy(BUSY_TICKS)

    assert process.refuses(1000) == 1000 - TARGET_S / COST_S == process.refused

    process.is_busy()
    assert process.refuses(round(TICK_S / COST_S)) == 0


def test_requests_that_end_wait_for_nobody() -> None:
    process = Process()
    process.is_busy(BUSY_TICKS)

    for _ in range(1000):
        assert process.refuses(1) == 0
        process.waiting -= 1


def test_so_many_begin_in_a_turn_that_it_does_not_take_long() -> None:
    process = Process()
    assert process.shedder.at_once == LEAST
    process.is_busy(BUSY_TICKS)

    assert process.shedder.at_once == 0.01 / COST_S

    process.pauses()
    assert process.shedder.at_once == LEAST


def test_a_process_with_time_to_spare_refuses_nothing() -> None:
    process = Process()
    process.is_busy(BUSY_TICKS)

    process.pauses(TICK_S / 4)

    assert process.refuses(10_000) == 0


def test_a_process_that_was_busy_a_moment_ago_has_no_time_to_spare() -> None:
    process = Process()
    process.is_busy(BUSY_TICKS)

    process.pauses(ticks=BUSY_TICKS - 2)

    assert process.refuses(1000) == 1000 - TARGET_S / COST_S


def test_one_request_that_blocks_the_event_loop_is_no_overload() -> None:
    process = Process()
    process.ended += 1
    process.shedder.tick(1.0, 0.0)

    assert process.refuses(10_000) == 0


def test_a_few_may_always_wait() -> None:
    process = Process()
    for _ in range(4):
        process.ended += 1
        process.shedder.tick(1.0, 1.0)

    assert process.refuses(8) == 0
    assert process.refuses(8) == 8


def test_a_rush_after_a_pause_is_no_overload() -> None:
    process = Process()
    process.is_busy(BUSY_TICKS)
    process.pauses()
    process.is_busy(2)

    assert process.refuses(10_000) == 0


def test_what_it_costs_to_refuse_is_no_part_of_what_requests_cost() -> None:
    process = Process()
    process.is_busy(BUSY_TICKS)
    most = process.shedder.most
    refusals_s = process.refuses(2000) * 15e-6

    process.ended += round(TICK_S / COST_S)
    process.shedder.tick(TICK_S + refusals_s, TICK_S + refusals_s)

    assert process.shedder.most == most


def test_who_waits_for_a_thread_is_counted() -> None:
    waiting = 0
    process = Process(lambda: waiting)
    process.is_busy(BUSY_TICKS)

    assert process.refuses(1000) == 0
    waiting = 50
    assert process.refuses(1000) == 1000


def test_health_metrics_and_debugging_are_always_served() -> None:
    process = Process(lambda: 1000)
    process.is_busy(BUSY_TICKS)

    for target in (b"/healthz", b"/readyz", b"/metrics", b"/debug/pools", b"/debug.json"):
        assert process.refuses(10, target) == 0
    for target in (b"/other", b"/metricsX", b"/debugs"):
        assert process.refuses(10, target) == 10


def test_who_waited_since_before_it_was_known_is_late() -> None:
    process = Process(lambda: 0)
    assert not process.shedder.is_late(b"/users", 60.0)
    process.is_busy(BUSY_TICKS)

    assert process.shedder.is_late(b"/users", TARGET_S * 2.1)
    assert not process.shedder.is_late(b"/users", TARGET_S * 1.9)
    assert not process.shedder.is_late(b"/healthz", 60.0)


def test_who_waits_for_long_is_late_before_any_request_has_ended() -> None:
    shedder = Process(lambda: 0).shedder
    shedder.tick(0.2, 0.2)

    assert shedder.most is None
    assert shedder.is_late(b"/users", TARGET_S * 2.1)


def test_nobody_is_late_in_a_process_that_stood_still() -> None:
    shedder = Process(lambda: 0).shedder
    shedder.tick(60.0, 0.1)

    assert not shedder.is_late(b"/users", 60.0)


def test_who_is_late_tells_nothing_of_what_requests_cost() -> None:
    process = Process(lambda: 0)
    process.is_busy(BUSY_TICKS)
    most = process.shedder.most

    for _ in range(500):
        process.shedder.count_late()
        process.ended += 1
    refusals_s = process.refused * 15e-6
    process.ended += round(TICK_S / COST_S)
    process.shedder.tick(TICK_S + refusals_s, TICK_S + refusals_s)

    assert (process.refused, process.shedder.most) == (500, most)
