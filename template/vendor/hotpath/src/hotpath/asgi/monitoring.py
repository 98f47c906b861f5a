"""Watches the event loop of the process: how late it is, what blocks it, what `/debug` shows."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext, suppress
from time import perf_counter

from hotpath.aio.resources import Resources
from hotpath.debug.monitor import LAG_EVERY_S, Monitor
from hotpath.debug.windows import EVERY_S
from hotpath.observability.buffered import BufferedHistogram
from hotpath.settings import AsgiServerSettings, ServiceSettings

_LAGS_EACH_TICK = int(EVERY_S / LAG_EVERY_S)


@asynccontextmanager
async def monitored(resources: Resources, lag_every_s: float = LAG_EVERY_S) -> AsyncIterator[None]:
    """Measure the event loop's lag, for `/metrics` too; keep the last minute, if there is a token.

    Where `forbid_blocking` is set, calls that would block the loop fail.

    Cost: 30 µs every half second, 0.01 % of a processor.
    """
    is_shown = bool(resources.settings.observability.admin_token.get_secret_value())
    monitor = resources.monitor if is_shown else None
    task = asyncio.create_task(
        _watch(resources.metrics.event_loop_lag, monitor, lag_every_s), name="event loop lag"
    )
    try:
        with _without_blocking_calls(resources.settings):
            yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _watch(seconds: BufferedHistogram, monitor: Monitor | None, every_s: float) -> None:
    while True:
        for _ in range(_LAGS_EACH_TICK):
            started = perf_counter()
            await asyncio.sleep(every_s)
            lag_s = max(0.0, perf_counter() - started - every_s)
            seconds.add(lag_s)
            if monitor is not None:
                monitor.lags_s.append(lag_s)
        if monitor is not None:
            monitor.tick()


def _without_blocking_calls(settings: ServiceSettings) -> AbstractContextManager[object]:
    server = settings.server
    if not (isinstance(server, AsgiServerSettings) and server.forbid_blocking):
        return nullcontext()
    from hotpath.debug.blocking_calls import blocking_calls_forbidden  # noqa: PLC0415 - seldom used

    return blocking_calls_forbidden(settings.service.folder)
