"""Sliding windows of one process, and limits as settings spell them."""

from itertools import pairwise

import pytest
from hotpath.http.rate_limit import MemoryWindows, client_of, is_exempt
from hotpath.settings.rate_limit import Limit, parse_limits

TEN = Limit("default", 10, 60)
MAX_CLIENTS = 50


class Clock:
    """Seconds that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_no_span_of_a_window_has_more_than_the_limit_and_a_rounding() -> None:
    clock = Clock()
    windows = MemoryWindows(clock)
    allowed = []
    for _ in range(1000):
        clock.now += 1.3
        if windows.hit("a", TEN).is_allowed:
            allowed.append(clock.now)

    spans = [sum(start <= at < start + 60 for at in allowed) for start in allowed]
    assert max(spans) <= 11
    assert len(allowed) >= 9 * 1300 / 60


def test_a_burst_at_the_end_of_a_window_leaves_nothing_for_the_next() -> None:
    clock = Clock()
    windows = MemoryWindows(clock)
    windows.hit("a", TEN)
    clock.now += 59
    burst = [windows.hit("a", TEN) for _ in range(20)]
    clock.now += 2
    after = [windows.hit("a", TEN).is_allowed for _ in range(20)]

    assert sum(each.is_allowed for each in burst) == 9
    assert sum(after) == 1


@pytest.mark.parametrize("elapsed_s", [0.0, 7.7, 31.0, 59.9, 61.0, 85.0, 119.0, 125.0])
def test_a_request_is_allowed_after_the_time_that_was_told_and_not_long_before(
    elapsed_s: float,
) -> None:
    clock = Clock()
    windows = MemoryWindows(clock)
    for _ in range(10):
        windows.hit("a", TEN)
    clock.now += elapsed_s
    while (window := windows.hit("a", TEN)).is_allowed:
        pass
    wait_s = window.reset_s(TEN)

    assert wait_s >= 1
    if wait_s > 1:
        clock.now += wait_s - 1.01
        assert not windows.hit("a", TEN).is_allowed
        clock.now += 1.01
    else:
        clock.now += 1
    assert windows.hit("a", TEN).is_allowed


def test_what_remains_never_grows_within_a_window() -> None:
    clock = Clock()
    windows = MemoryWindows(clock)
    left = [windows.hit("a", TEN).remaining(TEN) for _ in range(12)]

    assert left == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0]
    assert all(before >= after for before, after in pairwise(left))


def test_memory_is_bounded_and_idle_clients_are_forgotten() -> None:
    clock = Clock()
    windows = MemoryWindows(clock, MAX_CLIENTS)
    for number in range(1000):
        windows.hit(str(number), TEN)
    assert len(windows) == MAX_CLIENTS

    clock.now += 1000
    for number in range(MAX_CLIENTS):
        windows.hit(f"new {number}", TEN)
        clock.now += 10

    assert len(windows) <= 14


def test_limits_count_apart() -> None:
    windows = MemoryWindows(Clock())
    assert windows.hit("a", TEN).current == 1
    assert windows.hit("a", Limit("hour", 10, 3600)).current == 1
    assert windows.hit("a", TEN).current == 2


def test_limits_are_read_and_the_shortest_window_is_first() -> None:
    assert parse_limits("") == parse_limits(" ") == ()
    assert parse_limits("100/minute") == (Limit("default", 100, 60),)
    assert parse_limits("100/5 minutes") == (Limit("default", 100, 300),)
    assert parse_limits("1000/hour; 10/second") == (
        Limit("10 per 1 second", 10, 1),
        Limit("1000 per 1 hour", 1000, 3600),
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("many", "must be such as 100/minute"),
        ("0/minute", "must be such as 100/minute"),
        ("-1/minute", "must be such as 100/minute"),
        ("99999999999/day", "a count from 1 to a billion"),
        ("5/fortnight", "second, minute, hour, day, month or year"),
        ("5/minute;", "must be such as 100/minute"),
        ("5/2 years", "at most a year"),
        ("5/minute;6/60 seconds", "two limits for the same time"),
    ],
)
def test_what_is_no_limit_is_told_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parse_limits(text)


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("203.0.113.1", "203.0.113.1"),
        ("::ffff:203.0.113.1", "203.0.113.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", ""),
    ],
)
def test_an_ipv6_client_is_its_64(address: str, client: str) -> None:
    assert client_of(address) == client


def test_only_the_paths_of_operators_are_exempt() -> None:
    exempt = ("/healthz", "/readyz", "/metrics", "/debug", "/debug.json", "/debug/memory/snapshot")
    assert all(map(is_exempt, exempt))
    assert not any(map(is_exempt, ("/", "/healthz/", "/metricss", "/debugger", "/users")))
