"""Which requests are refused, by what requests cost."""

from hotpath.server.shedding import TICK_S, Shedder

TARGET_S = 0.05
COST_S = 0.001


def refused_of(shedder: Shedder, count: int, target: bytes = b"/users") -> int:
    """Return how many of so many new requests are refused."""
    return sum(shedder.most is not None and shedder.refuses(target) for _ in range(count))


def busy(shedder: Shedder, ticks: int, ended: int = 0) -> int:
    """Let a process be busy all the time; return how many requests have ended."""
    for _ in range(ticks):
        ended += round(TICK_S / COST_S)
        shedder.tick(TICK_S, TICK_S, ended)
    return ended


def test_nothing_is_refused_before_it_is_known_what_requests_cost() -> None:
    shedder = Shedder(TARGET_S, None, lambda: None)

    assert refused_of(shedder, 10_000) == 0


def test_as_many_are_accepted_as_are_handled_in_time() -> None:
    refused = []
    shedder = Shedder(TARGET_S, None, lambda: refused.append(1))
    ended = busy(shedder, 3)

    assert refused_of(shedder, 1000) == 1000 - TARGET_S / COST_S == len(refused)

    busy(shedder, 1, ended)
    assert refused_of(shedder, 50) == 0


def test_a_process_with_time_to_spare_refuses_nothing() -> None:
    shedder = Shedder(TARGET_S, None, lambda: None)
    ended = busy(shedder, 3)

    shedder.tick(TICK_S, TICK_S / 4, ended + 1)

    assert refused_of(shedder, 10_000) == 0


def test_one_request_that_blocks_the_event_loop_is_no_overload() -> None:
    shedder = Shedder(TARGET_S, None, lambda: None)
    shedder.tick(1.0, 0.0, 1)

    assert refused_of(shedder, 8) == 0
    assert refused_of(shedder, 8) == 8


def test_what_it_costs_to_refuse_is_no_part_of_what_requests_cost() -> None:
    shedder = Shedder(TARGET_S, None, lambda: None)
    busy(shedder, 1)
    most = shedder.most
    refused = refused_of(shedder, 2000)
    share_s = (refused + 0.0) * 15e-6

    shedder.tick(TICK_S + share_s, TICK_S + share_s, 40)

    assert shedder.most == most


def test_who_waits_for_a_thread_is_counted() -> None:
    waiting = 0
    shedder = Shedder(TARGET_S, lambda: waiting, lambda: None)
    busy(shedder, 3)

    assert refused_of(shedder, 1000) == 0
    waiting = 50
    assert refused_of(shedder, 1000) == 1000


def test_health_metrics_and_debugging_are_always_served() -> None:
    shedder = Shedder(TARGET_S, lambda: 1000, lambda: None)
    busy(shedder, 3)

    for target in (b"/healthz", b"/readyz", b"/metrics", b"/debug/pools", b"/debug.json"):
        assert refused_of(shedder, 10, target) == 0
    assert refused_of(shedder, 10, b"/other") == 10
