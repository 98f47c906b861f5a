"""Every metric of the service, and what Prometheus scrapes; correct with several processes."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import Self

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from hotpath.observability.multiprocess import SHARED_FOLDER
from hotpath.observability.prometheus_internals import BufferedHistogram, SharedCollector
from hotpath.settings import ServiceSettings

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


class Metrics:
    """The metrics of one process; their labels are bounded: route templates, never paths.

    `namespace` is the package of the service; every name starts with it, as `shop_cache_hits`.
    """

    def __init__(self, namespace: str, *, is_buffered: bool = True) -> None:
        """Make the metrics; `is_buffered` is the setting `buffered_metrics`."""
        self._namespace = namespace
        self._is_buffered = is_buffered
        self.registry = CollectorRegistry()
        request = ("method", "route", "status")
        self.requests = self._counter("http_requests", "Requests served", request)
        self.request_seconds = self._seconds(
            "http_request_seconds",
            "Seconds from the first byte of a request to the last of its response",
            ("method", "route"),
        )
        self.in_flight = self._gauge("http_requests_in_flight", "Requests in progress")
        self.query_seconds = self._seconds("db_query_seconds", "Seconds a statement took")
        self.pool_wait_seconds = self._seconds(
            "db_pool_wait_seconds", "Seconds until the pool had a connection"
        )
        self.pool_in_use = self._gauge("db_pool_in_use", "Connections in use")
        self.pool_idle = self._gauge("db_pool_idle", "Connections open and free")
        self.pool_overflow = self._gauge("db_pool_overflow", "Connections beyond the pool's size")
        self.pool_waiters = self._gauge("db_pool_waiters", "Callers that wait for a connection")
        self.dedicated_open = self._gauge(
            "db_dedicated_open", "Dedicated connections open beside the pool"
        )
        self.pool_timeouts = self._counter(
            "db_pool_timeouts", "Callers that timed out waiting for a connection"
        )
        self.connect_errors = self._counter("db_connect_errors", "Connections that failed to open")
        self.batch_size = self._histogram(
            "batch_size", "Keys loaded by one query", _SIZES, ("kind",)
        )
        self.batch_wait_seconds = self._seconds(
            "batch_wait_seconds", "Seconds a key waited until its batch was sent", ("kind",)
        )
        tier = ("tier",)
        self.cache_hits = self._counter("cache_hits", "Values found in a tier", tier)
        self.cache_misses = self._counter("cache_misses", "Values not found in a tier", tier)
        self.cache_skipped = self._counter(
            "cache_skipped", "Reads that skipped a tier while it was unreachable", tier
        )
        self.cache_errors = self._counter("cache_errors", "Commands that failed", tier)
        self.cache_bad_signatures = self._counter(
            "cache_bad_signatures", "Entries rejected for their signature", tier
        )
        self.cache_evictions = self._counter(
            "cache_evictions", "Entries evicted before they expired", tier
        )
        self.cache_oversized = self._counter("cache_oversized", "Values too large to be cached")
        self.cache_loads = self._counter("cache_loads", "Values loaded")
        self.cache_load_seconds = self._seconds("cache_load_seconds", "Seconds a load took")
        self.cache_entries = self._gauge("cache_entries", "Values cached in processes")
        self.cache_bytes = self._gauge("cache_bytes", "Bytes of memory that these take")
        self._flush_lock = Lock()
        self._on_flush: list[Callable[[], None]] = []

    @classmethod
    def of(cls, settings: ServiceSettings) -> Self:
        """Return the metrics of a process with these settings."""
        return cls(settings.service.package, is_buffered=settings.observability.buffered_metrics)

    def buffered_counter(self, counter: Counter) -> "BufferedCounter":
        """Return a buffer for a counter that hot code increments."""
        buffered = BufferedCounter(counter)
        self.on_flush(buffered.flush)
        return buffered

    def buffered_histogram(self, histogram: Histogram) -> "BufferedHistogram | UnbufferedHistogram":
        """Return a buffer for a histogram that hot code observes values with."""
        if not self._is_buffered:
            return UnbufferedHistogram(histogram)
        buffered = BufferedHistogram(histogram)
        self.on_flush(buffered.flush)
        return buffered

    def on_flush(self, flush: Callable[[], None]) -> None:
        """Call `flush` soon after requests, before every scrape and when the process ends."""
        self._on_flush.append(flush)

    def flush(self) -> None:
        """Flush every buffer. Cost: 0.1 µs for each that did not change."""
        with self._flush_lock:
            for flush in self._on_flush:
                flush()

    def total(self, counter: Counter, *labels: str) -> int:
        """Return the value of a counter in this process."""
        self.flush()
        [family] = counter.labels(*labels).collect()
        return int(sum(each.value for each in family.samples if each.name.endswith("_total")))

    def render(self) -> bytes:
        """Return the metrics of all processes of this server in Prometheus' text format."""
        self.flush()
        directory = os.environ.get(SHARED_FOLDER)
        if directory is None:
            return generate_latest(self.registry)
        _drop_dead(Path(directory))
        registry = CollectorRegistry()
        if self._is_buffered:
            registry.register(SharedCollector(Path(directory)))
        else:
            MultiProcessCollector(registry, directory)
        return generate_latest(registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        full_name = f"{self._namespace}_{name}"
        return Gauge(full_name, text, multiprocess_mode="livesum", registry=self.registry)

    def _seconds(self, name: str, text: str, labels: tuple[str, ...] = ()) -> Histogram:
        return self._histogram(name, text, _SECONDS, labels)

    def _histogram(
        self, name: str, text: str, buckets: Sequence[float], labels: tuple[str, ...]
    ) -> Histogram:
        full_name = f"{self._namespace}_{name}"
        return Histogram(full_name, text, labels, buckets=buckets, registry=self.registry)

    def _counter(self, name: str, text: str, labels: tuple[str, ...] = ()) -> Counter:
        return Counter(f"{self._namespace}_{name}", text, labels, registry=self.registry)


class BufferedCounter:
    """A counter that costs 20 ns, where one that processes share costs 1 µs.

    `buffered.count += 1` is exact across threads: CPython does not switch inside of it.
    """

    __slots__ = ("_counter", "_flushed", "count")

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._flushed = 0
        self.count = 0

    def flush(self) -> None:
        """Add what was counted since the last flush to the counter."""
        count = self.count
        if count != self._flushed:
            self._counter.inc(count - self._flushed)
            self._flushed = count


class UnbufferedHistogram:
    """A histogram without a buffer, and without private parts of the library."""

    __slots__ = ("add",)

    def __init__(self, histogram: Histogram) -> None:
        self.add: Callable[[float], None] = histogram.observe

    def add_all(self, values: Sequence[float]) -> None:
        """Observe many values."""
        for value in values:
            self.add(value)


def _drop_dead(directory: Path) -> None:
    """Delete the gauges of processes that are gone, which would be summed up for ever."""
    for file in directory.glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        if not _is_alive(pid):
            mark_process_dead(pid, str(directory))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
