"""SIGTERM: first `/readyz` fails, then the server stops."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Timer, current_thread, main_thread
from types import FrameType

DRAIN = signal.SIGUSR1
"""Tells a worker to drain; for servers whose main process handles SIGTERM."""

STOP = signal.SIGUSR2
"""Tells a worker of uvicorn to stop. Not SIGTERM: process managers send that to workers too."""

ON_SHED = "on_shed"
"""Its key in the lifespan state: what uvicorn calls when it refuses a request."""

ON_DRAIN = "on_drain"
"""Its key in the lifespan state: what uvicorn calls when it starts to drain."""


@contextmanager
def drain_on_sigterm(on_drain: Callable[[], None], drain_s: float) -> Iterator[None]:
    """Call `on_drain` at the first SIGTERM; the server's own handler runs `drain_s` later.

    A second SIGTERM stops at once. Does nothing outside the main thread, which gets no signals.
    """
    if current_thread() is not main_thread():
        yield
        return
    server_handler = signal.getsignal(signal.SIGTERM)

    def drain(_: int, __: FrameType | None) -> None:
        on_drain()
        signal.signal(signal.SIGTERM, server_handler)
        stop = Timer(drain_s, os.kill, (os.getpid(), signal.SIGTERM))
        stop.daemon = True
        stop.start()

    signal.signal(signal.SIGTERM, drain)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, server_handler)


@contextmanager
def drain_on_signal(on_drain: Callable[[], None]) -> Iterator[None]:
    """Call `on_drain` at `DRAIN`; the sender stops the process later."""
    if current_thread() is not main_thread():
        yield
        return
    before = signal.signal(DRAIN, lambda *_: on_drain())
    try:
        yield
    finally:
        signal.signal(DRAIN, before)


def drain_as_server(kind: str, on_drain: Callable[[], None]) -> AbstractContextManager[None]:
    """Return what makes a worker of this kind of ASGI server drain; uvicorn is told otherwise."""
    return drain_on_signal(on_drain) if kind == "granian" else nullcontext()
