"""Percentiles from buckets, and the latencies of the last minute."""

import random

import pytest
from hotpath.debug.windows import EVERY_S, WINDOW_S, Latency, LatencyWindows
from hotpath.observability.metrics import Metrics
from hotpath.observability.percentiles import percentile

BOUNDS = (1.0, 2.0, 4.0, float("inf"))


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Served:
    """Windows on the requests of a route."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.seconds = Metrics("shop").request_seconds
        self.windows = LatencyWindows(self.seconds.series, clock=self.clock)

    def request(self, seconds: float, times: int = 1) -> None:
        self.seconds.labels("GET", "/users").add_all([seconds] * times)

    def wait(self, seconds: float) -> None:
        for _ in range(int(seconds / EVERY_S)):
            self.clock.now += EVERY_S
            self.windows.tick()

    def rows(self) -> list[Latency]:
        return self.windows.read()[1]


@pytest.mark.parametrize(
    ("counts", "share", "expected"),
    [
        ((0, 0, 0, 0), 0.5, 0.0),
        ((4, 0, 0, 0), 0.5, 0.5),
        ((0, 10, 0, 0), 0.5, 1.5),
        ((50, 50, 0, 0), 0.5, 1.0),
        ((90, 0, 10, 0), 0.95, 3.0),
        ((0, 0, 0, 7), 0.99, 4.0),
    ],
)
def test_a_percentile_is_interpolated_in_its_bucket(
    counts: tuple[int, ...], share: float, expected: float
) -> None:
    assert percentile(BOUNDS, counts, share) == pytest.approx(expected)


def test_a_percentile_is_wrong_by_less_than_the_width_of_its_bucket() -> None:
    times = sorted(random.Random(7).lognormvariate(-5, 1) for _ in range(5000))
    histogram = Metrics("shop").query_seconds
    histogram.add_all(times)

    for share in (0.5, 0.95, 0.99):
        exact = times[int(share * len(times)) - 1]
        upper = next(bound for bound in histogram.bounds if bound >= exact)
        lower = max((bound for bound in histogram.bounds if bound < exact), default=0.0)
        found = percentile(histogram.bounds, histogram.counts, share)
        assert abs(found - exact) < upper - lower


def test_a_window_has_the_requests_of_the_last_minute_and_their_rate() -> None:
    served = Served()
    served.request(0.003, 90)
    served.request(0.2, 10)
    served.clock.now += 20

    [row] = served.rows()

    assert (row.method, row.route, row.requests, row.requests_per_s) == ("GET", "/users", 100, 5.0)
    assert 0.0025 <= row.p50_s <= 0.005
    assert 0.1 <= row.p95_s <= row.p99_s <= 0.25


def test_what_is_older_is_not_in_the_window() -> None:
    served = Served()
    served.request(5.0)
    served.wait(WINDOW_S + EVERY_S)
    served.request(0.003)
    assert [row.requests for row in served.rows()] == [1]

    served.wait(WINDOW_S + EVERY_S)
    assert served.rows() == []


def test_a_window_is_never_shorter_than_a_minute_once_there_was_one() -> None:
    served = Served()
    served.wait(10 * WINDOW_S)
    served.clock.now += EVERY_S - 0.01

    seconds, _ = served.windows.read()

    assert WINDOW_S <= seconds < WINDOW_S + EVERY_S


def test_a_route_that_is_new_counts_from_its_first_request() -> None:
    served = Served()
    served.wait(WINDOW_S)
    served.seconds.labels("GET", "/new").add(0.003)

    assert [(row.route, row.requests) for row in served.rows()] == [("/new", 1)]
