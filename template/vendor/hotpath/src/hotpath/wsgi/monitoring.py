"""Watches the threads of the process: how many are busy, and what `/debug` remembers."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from hotpath.blocking.resources import Resources
from hotpath.debug.monitor import Monitor
from hotpath.debug.windows import EVERY_S
from hotpath.wsgi.server.threads import Threads


@contextmanager
def monitored(resources: Resources, every_s: float = EVERY_S) -> Iterator[None]:
    """Keep the last minute for `/debug`, if there is a token. Cost: a thread that sleeps."""
    if not resources.settings.observability.admin_token.get_secret_value():
        yield
        return
    is_over = Event()
    arguments = (resources.monitor, every_s, is_over)
    Thread(target=_watch, args=arguments, name="monitor", daemon=True).start()
    try:
        yield
    finally:
        is_over.set()


def watch_threads(resources: Resources, threads: Threads) -> None:
    """Have `/metrics` and `/debug` tell what the threads do, and how much work waits for them."""
    busy = resources.metrics.gauge("threads_busy", "Threads that handle a request")
    limit = resources.metrics.gauge("threads_limit", "Threads that may handle new requests")
    waiting = resources.metrics.gauge("threads_waiting", "Requests that wait for a thread")

    def publish() -> None:
        _, now_limit, now_busy, now_waiting = threads.backlog()
        limit.set(now_limit)
        busy.set(now_busy)
        waiting.set(now_waiting)

    resources.metrics.on_flush(publish)
    resources.monitor.backlog = threads.backlog


def _watch(monitor: Monitor, every_s: float, is_over: Event) -> None:
    while not is_over.wait(every_s):
        monitor.tick()
