"""Figures of the process and its machine, by psutil, which is imported when they are asked for.

To import it takes 30 ms and 1.3 MB; a process whose `/debug` nobody opens never does.
"""

import gc
import os
from time import time
from typing import TYPE_CHECKING, Any

from hotpath.debug.models import GarbageReport, GenerationReport, ProcessReport, SystemReport
from hotpath.debug.monitor import Monitor

if TYPE_CHECKING:
    import psutil

MEASURED_S = 0.1


def this_process() -> "psutil.Process":
    """Return this process."""
    from psutil import Process  # noqa: PLC0415 - see above

    return Process()


def read_process(monitor: Monitor, processes: int, version: str, in_flight: float) -> ProcessReport:
    """Return the figures of this process. Cost: 1 ms."""
    process = this_process()
    with process.oneshot():
        return ProcessReport(
            pid=os.getpid(),
            processes=processes,
            version=version,
            uptime_s=time() - monitor.started_at,
            cpu_percent=monitor.processor_percent(),
            rss_bytes=process.memory_info().rss,
            threads=process.num_threads(),
            open_files=process.num_fds(),
            requests_in_flight=int(in_flight),
        )


def read_system() -> SystemReport:
    """Return the figures of the machine. Cost: waits `MEASURED_S`, for the processors."""
    import psutil  # noqa: PLC0415 - see above

    memory, disk = psutil.virtual_memory(), psutil.disk_usage(os.curdir)
    network: Any = psutil.net_io_counters()  # None where there is no network
    return SystemReport(
        cpus=psutil.cpu_count() or 1,
        cpu_percent=psutil.cpu_percent(MEASURED_S),
        load_1m=psutil.getloadavg()[0],
        memory_total_bytes=memory.total,
        memory_available_bytes=memory.available,
        disk_total_bytes=disk.total,
        disk_free_bytes=disk.free,
        network_sent_bytes=network.bytes_sent if network else 0,
        network_received_bytes=network.bytes_recv if network else 0,
        uptime_s=time() - psutil.boot_time(),
    )


def read_garbage() -> GarbageReport:
    """Return the figures of the garbage collector."""
    figures = zip(gc.get_threshold(), gc.get_count(), gc.get_stats(), strict=False)
    generations = [
        GenerationReport(
            generation=number,
            threshold=threshold,
            objects=objects,
            collections=stats["collections"],
            collected=stats["collected"],
            uncollectable=stats["uncollectable"],
        )
        for number, (threshold, objects, stats) in enumerate(figures)
    ]
    return GarbageReport(
        enabled=gc.isenabled(), frozen=gc.get_freeze_count(), generations=generations
    )
