"""Counts that are cheap, and exact all the same."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hotpath.observability.metrics import Metrics
from prometheus_client import Histogram

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
    hits, misses = metrics.cache_hits.labels("l1"), metrics.cache_misses.labels("l1")

    def count() -> None:
        for _ in range(TIMES):
            hits.count += 1
            misses.inc()

    with ThreadPoolExecutor(THREADS) as threads:
        for each in [threads.submit(count) for _ in range(THREADS)]:
            each.result()

    assert (hits.count, misses.count) == (THREADS * TIMES, THREADS * TIMES)


@pytest.mark.usefixtures("_eager_switches")
def test_every_value_of_every_thread_arrives_once_in_its_bucket() -> None:
    metrics = Metrics("shop")
    values = [0.0, 0.001, 0.0011, 0.3, 10.0, 11.0]
    buffered = metrics.query_seconds
    plain = Histogram("shop_db_query_seconds", "", registry=None, buckets=buffered.bounds)

    def add() -> None:
        for _ in range(TIMES // 10):
            for value in values[:3]:
                buffered.add(value)
            buffered.add_all(values[3:])

    with ThreadPoolExecutor(THREADS) as threads:
        for each in [threads.submit(add) for _ in range(THREADS)]:
            each.result()
    for _ in range(THREADS * (TIMES // 10)):
        for value in values:
            plain.observe(value)

    [expected] = plain.collect()
    for sample in expected.samples:
        if not sample.name.endswith("_created"):
            value = metrics.registry.get_sample_value(sample.name, sample.labels)
            assert value == pytest.approx(sample.value)
    assert sum(buffered.counts) == THREADS * (TIMES // 10) * len(values)
