"""Every metric of the service, and what Prometheus scrapes; correct with several processes."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, Self, TypeVar

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.registry import Collector

from hotpath.observability.buffered import (
    Buffered,
    BufferedCounter,
    BufferedGauge,
    BufferedHistogram,
    Description,
    Family,
)
from hotpath.observability.exposition import Publisher, render_totals
from hotpath.observability.logs import get_logger
from hotpath.observability.multiprocess import open_shared_values, read_totals, shared_folder
from hotpath.observability.statements import Statements
from hotpath.observability.timers import BOUNDS, TIMERS
from hotpath.settings import ServiceSettings

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)

M = TypeVar("M", bound=Buffered)


class Metrics:
    """The metrics of one process; their labels are bounded: route templates, never paths.

    Attributes:
        registry: Takes metrics of prometheus_client too. Those of a service are the sums over its
            processes; of a gauge, over those that live.
        statements: What statements of this process took, by their text.
    """

    def __init__(self, namespace: str) -> None:  # noqa: PLR0915 - one statement a metric
        """Make the metrics of the engine.

        Args:
            namespace: The package of the service; every name starts with it: `shop_cache_hits`.
        """
        self._namespace = namespace
        self._families: list[Family[Any]] = []
        self.registry = _Registry()
        self.requests = self.counters(
            "http_requests", "Requests served", ("method", "route", "status")
        )
        self.request_seconds = self.histograms(
            "http_request_seconds",
            "Seconds from the first byte of a request to the last of its response",
            ("method", "route"),
        )
        self.in_flight = self.gauge("http_requests_in_flight", "Requests in progress")
        self.query_seconds = self.histogram("db_query_seconds", "Seconds a statement took")
        self.pool_wait_seconds = self.histogram(
            "db_pool_wait_seconds", "Seconds until the pool had a connection"
        )
        self.pool_max = self.gauge("db_pool_max", "Connections that the pools may open")
        self.pool_in_use = self.gauge("db_pool_in_use", "Connections in use")
        self.pool_idle = self.gauge("db_pool_idle", "Connections open and free")
        self.pool_overflow = self.gauge("db_pool_overflow", "Connections beyond the pool's size")
        self.pool_waiters = self.gauge("db_pool_waiters", "Callers that wait for a connection")
        self.dedicated_open = self.gauge(
            "db_dedicated_open", "Dedicated connections open beside the pool"
        )
        self.dedicated_in_use = self.gauge("db_dedicated_in_use", "Dedicated connections in use")
        self.dedicated_waiters = self.gauge(
            "db_dedicated_waiters", "Callers that wait for a dedicated connection"
        )
        self.pool_timeouts = self.counter(
            "db_pool_timeouts", "Callers that timed out waiting for a connection"
        )
        self.connect_errors = self.counter("db_connect_errors", "Connections that failed to open")
        self.batch_size = self.histograms(
            "batch_size", "Keys loaded by one query", ("kind",), _SIZES
        )
        self.batch_wait_seconds = self.histograms(
            "batch_wait_seconds", "Seconds a key waited until its batch was sent", ("kind",)
        )
        tier = ("tier",)
        self.cache_hits = self.counters("cache_hits", "Values found in a tier", tier)
        self.cache_misses = self.counters("cache_misses", "Values not found in a tier", tier)
        self.cache_skipped = self.counters(
            "cache_skipped", "Reads that skipped a tier while it was unreachable", tier
        )
        self.cache_errors = self.counters("cache_errors", "Commands that failed", tier)
        self.cache_bad_signatures = self.counters(
            "cache_bad_signatures", "Entries rejected for their signature", tier
        )
        self.cache_evictions = self.counters(
            "cache_evictions", "Entries evicted before they expired", tier
        )
        self.cache_oversized = self.counter("cache_oversized", "Values too large to be cached")
        self.cache_loads = self.counter("cache_loads", "Values loaded")
        self.cache_load_seconds = self.histogram("cache_load_seconds", "Seconds a load took")
        self.cache_entries = self.gauge("cache_entries", "Values cached in processes")
        self.cache_bytes = self.gauge("cache_bytes", "Bytes of memory that these take")
        task = ("task",)
        self.tasks_accepted = self.counters("tasks_accepted", "Tasks the queue took", task)
        self.tasks_refused = self.counters("tasks_refused", "Tasks the queue did not take", task)
        self.tasks_finished = self.counters(
            "tasks_finished", "Tasks that ended, or run again", ("task", "outcome")
        )
        self.tasks_waiting = self.highest("tasks_waiting", "Tasks that could run and do not yet")
        self.tasks_oldest_seconds = self.highest(
            "tasks_oldest_seconds", "Seconds that the oldest of them has waited"
        )
        self.task_workers = self.highest("task_workers", "Processes, or workers, that take tasks")
        self.task_seconds = self.histograms("task_seconds", "Seconds a task took", task)
        self.requests_shed = self.counter(
            "http_requests_shed", "Requests answered 503 at once, as there were too many"
        )
        self.rate_limit_skipped = self.counter(
            "rate_limit_skipped", "Requests that no limit held, since Redis was unavailable"
        )
        self.event_loop_lag = self.histogram(
            "event_loop_lag_seconds", "Seconds that an event loop was late, each half second; ASGI"
        )
        self.gauge("processes", "Processes that serve").set(1)
        self.counter("process_starts", "Processes that were started").inc()
        self.timer_seconds = self.histograms(
            "timer_seconds", "Seconds of timers and tracked functions", ("name",), BOUNDS
        )
        self.timer_errors = self.counters("timer_errors", "Exceptions out of these", ("name",))
        self.statements = Statements()
        self._flush_lock = Lock()
        self._on_flush: list[Callable[[], None]] = [
            partial(TIMERS.publish, self.timer_seconds, self.timer_errors)
        ]
        self._folder = shared_folder()
        self._publisher = None if self._folder is None else _open_publisher(self._folder)
        self.flush()

    @classmethod
    def of(cls, settings: ServiceSettings) -> Self:
        """Return the metrics of a process with these settings."""
        return cls(settings.service.package)

    def counter(self, name: str, text: str) -> BufferedCounter:
        """Return a new counter without labels; `_total` is added to its name."""
        return self.counters(name, text, ()).labels()

    def counters(self, name: str, text: str, labels: tuple[str, ...]) -> Family[BufferedCounter]:
        """Return a new counter with labels, which must have few values."""
        return self._add(Description("counter", self._full(name), text, labels), BufferedCounter)

    def gauge(self, name: str, text: str) -> BufferedGauge:
        """Return a new gauge without labels."""
        about = Description("gauge", self._full(name), text)
        return self._add(about, BufferedGauge).labels()

    def highest(self, name: str, text: str) -> BufferedGauge:
        """Return a new gauge of what all processes measure alike, such as the length of a queue."""
        about = Description("highest", self._full(name), text)
        return self._add(about, BufferedGauge).labels()

    def histogram(
        self, name: str, text: str, bounds: Sequence[float] = _SECONDS
    ) -> BufferedHistogram:
        """Return a new histogram without labels; the bounds are those of seconds."""
        return self.histograms(name, text, (), bounds).labels()

    def histograms(
        self,
        name: str,
        text: str,
        labels: tuple[str, ...],
        bounds: Sequence[float] = _SECONDS,
    ) -> Family[BufferedHistogram]:
        """Return a new histogram with labels, which must have few values."""
        about = Description("histogram", self._full(name), text, labels, tuple(bounds))
        return self._add(about, partial(BufferedHistogram, about.bounds))

    def on_flush(self, flush: Callable[[], None]) -> None:
        """Call `flush` soon after requests, before every scrape and when the process ends."""
        self._on_flush.append(flush)

    def flush(self) -> None:
        """Tell the other processes what was counted. Cost: 0.1 µs for each unchanged series."""
        with self._flush_lock:
            for flush in self._on_flush:
                flush()
            if self._publisher is not None:
                self._publisher.publish(self._families, self.registry.others)

    def total(self, counter: Family[BufferedCounter], *labels: str) -> int:
        """Return the value of a counter in this process."""
        return counter.labels(*labels).count

    def render(self) -> bytes:
        """Return the metrics of all processes of this server in Prometheus' text format."""
        self.flush()
        return self.render_flushed()

    def render_flushed(self) -> bytes:
        """Return them as of the last `flush`. Cost: reads a file of each process; in a thread."""
        if self._folder is None:
            return generate_latest(self.registry)
        return render_totals(read_totals(self._folder))

    def _full(self, name: str) -> str:
        return f"{self._namespace}_{name}"

    def _add(self, about: Description, make: Callable[[], M]) -> Family[M]:
        family = Family(about, make)
        self.registry.register(family)
        self._families.append(family)
        return family


def _open_publisher(folder: Path) -> Publisher | None:
    """Return what writes for the other processes; None, and a line in the log, if nothing can."""
    try:
        return Publisher(open_shared_values(folder))
    except OSError as error:
        get_logger().error("metrics not shared", error=f"{type(error).__name__}: {error}")
        return None


class _Registry(CollectorRegistry):
    """Knows which collectors are not of `Metrics`."""

    def __init__(self) -> None:
        super().__init__()
        self.others: list[Collector] = []

    def register(self, collector: Collector) -> None:
        """Add a collector, such as a metric of prometheus_client."""
        super().register(collector)
        if not isinstance(collector, Family):
            self.others.append(collector)

    def unregister(self, collector: Collector) -> None:
        """Remove a collector."""
        super().unregister(collector)
        self.others.remove(collector)
