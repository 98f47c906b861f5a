"""What `/debug` says in JSON: the same in every stack. Names end in their units."""

from pydantic import BaseModel

from hotpath.tasks.model import TasksReport


class ProcessReport(BaseModel):
    """The process that responds; `processes` is how many serve, another may respond next."""

    pid: int
    processes: int
    version: str
    uptime_s: float
    cpu_percent: float
    """Of the last minute; 100 is one processor."""
    rss_bytes: int
    threads: int
    open_files: int
    requests_in_flight: int


class SystemReport(BaseModel):
    """The machine; disk is that of the working directory, network since the machine started."""

    cpus: int
    cpu_percent: float
    load_1m: float
    memory_total_bytes: int
    memory_available_bytes: int
    disk_total_bytes: int
    disk_free_bytes: int
    network_sent_bytes: int
    network_received_bytes: int
    uptime_s: float


class EventLoopReport(BaseModel):
    """How late callbacks were in the last minute, measured twice a second."""

    lag_p50_s: float
    lag_p95_s: float
    lag_max_s: float


class ThreadsReport(BaseModel, from_attributes=True):
    """The threads that handle requests, and requests that wait for one."""

    size: int
    limit: int
    """Of those that may be busy with requests that began in the last 0.2 s: few while they compute,
    since the event loop waits for them."""
    busy: int
    waiting: int


class RouteReport(BaseModel, from_attributes=True):
    """The requests of the last minute; percentiles are interpolated in buckets of the metrics."""

    method: str
    route: str
    requests: int
    requests_per_s: float
    p50_s: float
    p95_s: float
    p99_s: float


class LatencyReport(BaseModel):
    """The routes that were requested most in the window."""

    window_s: float
    routes: list[RouteReport]


class BatchReport(BaseModel):
    """The batches of a loader since the process started."""

    kind: str
    batches: int
    keys_mean: float
    wait_p95_s: float


class QueueReport(TasksReport):
    """The queue of background tasks."""

    state: str


class StatementReport(BaseModel):
    """Statements with one fingerprint since the process started."""

    fingerprint: str
    count: int
    total_s: float
    p95_s: float
    max_s: float
    statement: str


class GenerationReport(BaseModel):
    """A generation of the garbage collector."""

    generation: int
    threshold: int
    objects: int
    collections: int
    collected: int
    uncollectable: int


class GarbageReport(BaseModel):
    """The garbage collector; `frozen` objects are those of the start, which it leaves alone."""

    enabled: bool
    frozen: int
    generations: list[GenerationReport]


class TimerReport(BaseModel, from_attributes=True):
    """What a timer or a tracked function measured since the process started."""

    name: str
    count: int
    errors: int
    total_s: float
    mean_s: float
    p95_s: float
    max_s: float


class ObjectReport(BaseModel):
    """The objects of a type that the garbage collector knows, without those of the start."""

    type: str
    count: int


class GrowthReport(BaseModel, from_attributes=True):
    """How much memory grew in calls of a function with `@rss_delta`."""

    name: str
    calls: int
    last_bytes: int
    max_bytes: int
    total_bytes: int


class MemoryReport(BaseModel):
    """The memory of the process that responds; `uss` is what no other process shares."""

    pid: int
    rss_bytes: int
    uss_bytes: int
    traced: bool
    traced_bytes: int
    traced_peak_bytes: int
    garbage: GarbageReport
    functions: list[GrowthReport]
    objects: list[ObjectReport] | None


class SnapshotReport(BaseModel):
    """A snapshot; what was allocated before `tracing_started` became true is not in it."""

    pid: int
    tracing_started: bool
    traced_bytes: int
    tracer_bytes: int


class AllocationReport(BaseModel):
    """What a line allocated and did not free since the snapshot."""

    file: str
    line: int
    size_bytes: int
    size_diff_bytes: int
    count: int
    count_diff: int


class DifferenceReport(BaseModel):
    """The lines whose memory changed most since the snapshot."""

    pid: int
    seconds: float
    size_diff_bytes: int
    lines: list[AllocationReport]
