"""SIGTERM: first `/readyz` fails, then the server stops."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Thread, Timer, current_thread, main_thread
from time import monotonic, sleep
from types import FrameType

from hotpath.server.listener import refuse_connections_of_this_process

DRAIN = signal.SIGUSR1
"""Tells a worker to drain; for servers whose main process handles SIGTERM."""

STOP = signal.SIGUSR2
"""Tells a worker of uvicorn to stop. Not SIGTERM: process managers send that to workers too."""

ON_SHED = "on_shed"
"""Its key in the lifespan state: what uvicorn calls when it refuses a request."""

ON_DRAIN = "on_drain"
"""Its key in the lifespan state: what uvicorn calls when it starts to drain."""


LAST_CALL_S = 0.5
"""Seconds between the last new connection and the stop of a server that is not our own: whoever is
connected asks once more, and learns that the connection ends."""

SAME_STOP_S = LAST_CALL_S / 2
"""Seconds in which a second SIGTERM is taken for the first."""


def _nothing() -> None:
    """Do nothing."""


@contextmanager
def drain_on_sigterm(
    on_drain: Callable[[], None], drain_s: float, on_last_call: Callable[[], None] = _nothing
) -> Iterator[None]:
    """Call `on_drain` at the first SIGTERM, and `on_last_call` after `drain_s`.

    The server's own handler runs `LAST_CALL_S` after that. A second SIGTERM stops at once, unless
    it comes with the first: a process manager tells all processes, and then their parent does. Does
    nothing outside the main thread, which gets no signals.
    """
    if current_thread() is not main_thread():
        yield
        return
    server_handler = signal.getsignal(signal.SIGTERM)
    started: float | None = None

    def stop() -> None:
        sleep(drain_s)
        on_last_call()
        sleep(LAST_CALL_S)
        os.kill(os.getpid(), signal.SIGTERM)

    def drain(_: int, __: FrameType | None) -> None:
        nonlocal started
        if started is None:
            started = monotonic()
            on_drain()
            Thread(target=stop, daemon=True).start()
        elif monotonic() - started > SAME_STOP_S:
            signal.signal(signal.SIGTERM, server_handler)
            os.kill(os.getpid(), signal.SIGTERM)

    signal.signal(signal.SIGTERM, drain)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, server_handler)


@contextmanager
def drain_on_signal(
    on_drain: Callable[[], None], drain_s: float, on_last_call: Callable[[], None]
) -> Iterator[None]:
    """Call `on_drain` at `DRAIN`, and `on_last_call` after `drain_s`; the sender stops it later."""
    if current_thread() is not main_thread():
        yield
        return

    def drain(_: int, __: FrameType | None) -> None:
        on_drain()
        last_call = Timer(drain_s, on_last_call)
        last_call.daemon = True
        last_call.start()

    before = signal.signal(DRAIN, drain)
    try:
        yield
    finally:
        signal.signal(DRAIN, before)


def drain_as_server(
    kind: str, on_drain: Callable[[], None], drain_s: float
) -> AbstractContextManager[None]:
    """Return what makes a worker of this kind of ASGI server drain; uvicorn is told otherwise."""
    if kind != "granian":
        return nullcontext()
    return drain_on_signal(on_drain, drain_s, refuse_connections_of_this_process)
