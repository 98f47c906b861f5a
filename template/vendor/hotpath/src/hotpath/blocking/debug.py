# Generated from hotpath/aio/debug.py by extensions/blocking.py; do not edit.
"""What `/debug` responds with: everything about the process that responds, and its machine."""

from datetime import datetime

from pydantic import BaseModel

from hotpath.blocking.concurrency import run_blocking
from hotpath.blocking.reports import CacheReport, PoolsReport, read_cache, read_pools
from hotpath.blocking.resources import Resources
from hotpath.db.models import utc_now
from hotpath.db.query_log import MAX_TEXT, fingerprint
from hotpath.debug.models import (
    BatchReport,
    EventLoopReport,
    GarbageReport,
    LatencyReport,
    ProcessReport,
    QueueReport,
    RouteReport,
    StatementReport,
    SystemReport,
    ThreadsReport,
    TimerReport,
)
from hotpath.debug.monitor import Monitor
from hotpath.debug.system import read_garbage, read_process, read_system
from hotpath.observability.metrics import Metrics
from hotpath.observability.percentiles import percentile
from hotpath.observability.request_context import root_path
from hotpath.observability.statements import StatementTimes
from hotpath.observability.timers import TIMERS

MAX_ROUTES = 50
MAX_STATEMENTS = 20
_READ_TEXTS = 100
"""Texts of statements that are looked at: a fingerprint takes 30 µs."""

LINKS = {
    "json": "/debug.json",
    "profile": "/debug/profile?seconds=5",
    "memory": "/debug/memory?objects=20",
    "pools": "/debug/pools",
    "cache": "/debug/cache",
    "metrics": "/metrics",
}


class DebugReport(BaseModel):
    """The process that responds. Figures of all processes are in `/metrics`."""

    at: datetime
    process: ProcessReport
    system: SystemReport
    event_loop: EventLoopReport | None
    threads: ThreadsReport | None
    latency: LatencyReport
    pools: PoolsReport
    cache: CacheReport
    batches: list[BatchReport]
    queue: QueueReport
    statements: list[StatementReport]
    garbage: GarbageReport
    timers: list[TimerReport]
    links: dict[str, str]


def read_debug(resources: Resources) -> DebugReport:
    """Return the figures of this moment. Cost: 0.1 s, in which others are served."""
    metrics, monitor = resources.metrics, resources.monitor
    system = run_blocking(read_system)
    return DebugReport(
        at=utc_now(),
        process=read_process(
            monitor,
            resources.settings.server.workers,
            resources.settings.service.version,
            metrics.in_flight.value,
        ),
        system=system,
        event_loop=_read_event_loop(monitor),
        threads=_read_threads(monitor),
        latency=_read_latency(monitor),
        pools=read_pools(resources),
        cache=read_cache(resources),
        batches=_read_batches(metrics),
        queue=_read_queue(resources),
        statements=run_blocking(_read_statements, metrics),
        garbage=read_garbage(),
        timers=[TimerReport.model_validate(each) for each in TIMERS.figures()],
        links={name: root_path() + path for name, path in LINKS.items()},
    )


def _read_event_loop(monitor: Monitor) -> EventLoopReport | None:
    lags = sorted(monitor.lags_s)
    if not lags:
        return None
    return EventLoopReport(
        lag_p50_s=lags[len(lags) // 2],
        lag_p95_s=lags[int(len(lags) * 0.95)],
        lag_max_s=lags[-1],
    )


def _read_threads(monitor: Monitor) -> ThreadsReport | None:
    return None if monitor.backlog is None else ThreadsReport.model_validate(monitor.backlog())


def _read_latency(monitor: Monitor) -> LatencyReport:
    window_s, routes = monitor.windows.read()
    shown = [RouteReport.model_validate(each) for each in routes[:MAX_ROUTES]]
    return LatencyReport(window_s=window_s, routes=shown)


def _read_batches(metrics: Metrics) -> list[BatchReport]:
    reports = []
    for labels, sizes in sorted(metrics.batch_size.series.items()):
        *counts, keys = sizes.values()
        batches = int(sum(counts))
        waits = metrics.batch_wait_seconds.labels(*labels)
        wait_p95_s = percentile(waits.bounds, waits.counts, 0.95)
        mean = keys / batches if batches else 0.0
        reports.append(
            BatchReport(kind=labels[0], batches=batches, keys_mean=mean, wait_p95_s=wait_p95_s)
        )
    return reports


def _read_queue(resources: Resources) -> QueueReport:
    report = resources.tasks.report()
    return QueueReport(state=resources.tasks.state(), **report.model_dump())


def _read_statements(metrics: Metrics) -> list[StatementReport]:
    """Return the statements that took most time, those with one fingerprint together."""
    times_by_key: dict[tuple[str, str], list[StatementTimes]] = {}
    for text, times in metrics.statements.longest(_READ_TEXTS):
        times_by_key.setdefault(fingerprint(text), []).append(times)
    reports = [_read_statement(*key, times) for key, times in times_by_key.items()]
    return sorted(reports, key=lambda each: -each.total_s)[:MAX_STATEMENTS]


def _read_statement(key: str, text: str, times: list[StatementTimes]) -> StatementReport:
    counts = [sum(each) for each in zip(*(one.seconds.counts for one in times), strict=True)]
    max_s = max(each.max_s for each in times)
    return StatementReport(
        fingerprint=key,
        count=sum(counts),
        total_s=sum(each.seconds.values()[-1] for each in times),
        p95_s=min(percentile(times[0].seconds.bounds, counts, 0.95), max_s),
        max_s=max_s,
        statement=text[:MAX_TEXT],
    )
