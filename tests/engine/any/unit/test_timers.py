"""`timer` and `@tracked`: every run is counted once, whatever happens in it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from hotpath.observability.metrics import Metrics
from hotpath.observability.timers import (
    OTHER,
    TIMERS,
    Timers,
    report,
    timer,
    tracked,
)

from ..timed import figures

THREADS, TIMES = 8, 2000


@pytest.fixture
def name() -> str:
    """Return a name that no other test uses."""
    return uuid4().hex


def sample(metrics: Metrics, name: str, /, **labels: str) -> float | None:
    metrics.flush()
    return metrics.registry.get_sample_value(f"shop_{name}", labels)


def test_a_timer_counts_runs_errors_and_time(name: str) -> None:
    metrics = Metrics("shop")
    with timer(name):
        pass
    with pytest.raises(ValueError, match="wrong"), timer(name):
        raise ValueError("wrong")

    found = figures(name)
    assert (found.count, found.errors) == (2, 1)
    assert 0 < found.mean_s <= found.max_s <= found.total_s
    assert found.p95_s <= found.max_s
    assert sample(metrics, "timer_seconds_count", name=name) == 2
    assert sample(metrics, "timer_errors_total", name=name) == 1


def test_a_timer_may_be_entered_inside_of_itself(name: str) -> None:
    block = timer(name)
    with block, block, timer(name):
        pass

    assert figures(name).count == 3


def test_a_name_that_comes_after_the_metrics_is_in_them(name: str) -> None:
    metrics = Metrics("shop")
    assert sample(metrics, "timer_seconds_count", name=name) is None

    TIMERS.add(name, 0.02)

    assert sample(metrics, "timer_seconds_bucket", name=name, le="0.01") == 0
    assert sample(metrics, "timer_seconds_bucket", name=name, le="0.025") == 1


def test_runs_in_threads_are_all_counted(name: str) -> None:
    def run(_: int) -> None:
        for number in range(TIMES):
            with timer(name):
                pass
            TIMERS.add(name, number, is_error=True)

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(run, range(THREADS)))

    found = figures(name)
    assert (found.count, found.errors) == (2 * THREADS * TIMES, THREADS * TIMES)
    assert found.max_s == TIMES - 1


def test_names_are_bounded() -> None:
    timers = Timers(max_names=2)
    for name in ("a", "b", "c", "d", "a"):
        timers.add(name, 1.0)

    assert {each.name: each.count for each in timers.figures()} == {"a": 2, "b": 1, OTHER: 2}


def test_a_tracked_function_returns_raises_and_is_named_as_before(name: str) -> None:
    @tracked(name=name)
    def half(number: int) -> int:
        """Return half of an even number."""
        if number % 2:
            raise ValueError(number)
        return number // 2

    assert half(4) == 2
    with pytest.raises(ValueError, match="3"):
        half(3)

    assert (half.__name__, half.__doc__) == ("half", "Return half of an even number.")
    assert (figures(name).count, figures(name).errors) == (2, 1)


def test_a_tracked_function_may_call_itself() -> None:
    @tracked
    def factorial(number: int) -> int:
        return number * factorial(number - 1) if number else 1

    assert factorial(5) == 120
    assert figures(f"{__name__}.{factorial.__qualname__}").count == 6


def generator() -> Iterator[int]:
    yield 1


class Loader:
    """A class."""


@pytest.mark.parametrize(
    ("thing", "reason"),
    [
        (generator, "generator is a generator: its work is done after its call"),
        (generator, "use `with timer"),
        (Loader, "is no function; @tracked stands directly above one"),
        (staticmethod(len), "is no function"),
    ],
)
def test_what_cannot_be_timed_is_refused_in_a_sentence(thing: Any, reason: str) -> None:
    with pytest.raises(TypeError, match=reason):
        tracked(thing)


def test_the_report_has_the_longest_first(name: str) -> None:
    TIMERS.add(f"short {name}", 1000.0)
    TIMERS.add(f"long {name}", 2000.0)

    head, *lines = report().splitlines()

    assert " ".join(head.split()) == "name count errors total s mean ms p95 ms max ms"
    ours = [line for line in lines if name in line]
    assert [line.split()[0] for line in ours] == ["long", "short"]
    assert ours[0].split()[2:5] == ["1", "0", "2000.000"]
