"""Counts that are cheap, and exact all the same."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hotpath.observability.metrics import Metrics

THREADS = 8
TIMES = 20_000


@pytest.fixture
def _eager_switches() -> Iterator[None]:
    """Let threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_eager_switches")
def test_every_count_of_every_thread_arrives_once() -> None:
    metrics = Metrics("shop")
    counter = metrics.cache_hits.labels("l1")
    buffered_counter = metrics.buffered_counter(counter)

    def count() -> None:
        for number in range(TIMES):
            buffered_counter.count += 1
            if number % 100 == 0:
                metrics.flush()

    with ThreadPoolExecutor(THREADS) as threads:
        for each in [threads.submit(count) for _ in range(THREADS)]:
            each.result()
    metrics.flush()
    metrics.flush()

    assert counter._value.get() == THREADS * TIMES


@pytest.mark.usefixtures("_eager_switches")
def test_every_value_of_every_thread_arrives_once_in_its_bucket() -> None:
    metrics, plain = Metrics("shop"), Metrics("shop")
    values = [0.0, 0.001, 0.0011, 0.3, 10.0, 11.0]
    buffered_histogram = metrics.buffered_histogram(metrics.query_seconds)

    def add() -> None:
        for number in range(TIMES // 10):
            for value in values[:3]:
                buffered_histogram.add(value)
            buffered_histogram.add_all(values[3:])
            if number % 100 == 0:
                metrics.flush()

    with ThreadPoolExecutor(THREADS) as threads:
        for each in [threads.submit(add) for _ in range(THREADS)]:
            each.result()
    for _ in range(THREADS * (TIMES // 10)):
        for value in values:
            plain.query_seconds.observe(value)

    [expected] = plain.query_seconds.collect()
    metrics.flush()
    metrics.flush()
    [actual] = metrics.query_seconds.collect()
    counts = {(one.name, *one.labels.values()): one.value for one in actual.samples}
    for sample in expected.samples:
        if not sample.name.endswith("_created"):
            assert counts[sample.name, *sample.labels.values()] == pytest.approx(sample.value)
