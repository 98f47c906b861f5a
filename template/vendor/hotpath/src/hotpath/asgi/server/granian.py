"""What granian needs around it to keep the promises of every server of ours."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from multiprocessing import active_children
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.server.common import AbstractServer
from watchfiles import PythonFilter

from hotpath.server.signals import DRAIN, drain_on_sigterm
from hotpath.settings import ServerSettings, Settings

_CONNECTIONS = 10_000
"""Open at once per worker, idle ones included; granian's own number would be a few hundred."""

_LOGGING = {
    "formatters": {},
    "handlers": {},  # lines go up to the root logger, which has our shape
    "loggers": {
        "_granian": {"level": "INFO"},
        "_granian.asgi": {"level": "ERROR"},  # says of every client that it left
        "_granian.utils": {"level": "CRITICAL"},  # our layer has logged the error, with its request
    },
}


def common_options(settings: ServerSettings) -> dict[str, Any]:
    """Turn our settings into granian's, as far as both interfaces share them."""
    return {
        "workers": settings.workers,
        "http": HTTPModes.http1,
        "websockets": False,
        "backpressure": _CONNECTIONS,
        # Also bounds how long a connection may be idle.
        "http1_settings": HTTP1Settings(header_read_timeout=settings.keep_alive_s * 1000),
        "log_dictconfig": _LOGGING,
        "respawn_failed_workers": True,
        "workers_kill_timeout": settings.shutdown_s,
        "reload_filter": PythonFilter,
    }


@contextmanager
def held_address(settings: ServerSettings) -> Iterator[tuple[str, int]]:
    """Yield an address and a port for all workers: each of them listens for itself."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind((settings.host, settings.port))
        host, port, *_ = holder.getsockname()
        yield host, port


def serve_workers(granian: AbstractServer[Any], drain_s: float, serve: Callable[[], None]) -> None:
    """Serve until SIGTERM or Ctrl-C; workers hear of the first SIGTERM `drain_s` before the end."""
    is_asked = False

    def drain() -> None:
        nonlocal is_asked
        is_asked = True
        # Of two signals at once, Python's main thread may sleep through the second.
        for worker in active_children() if drain_s else ():
            if worker.pid is not None:
                os.kill(worker.pid, DRAIN)

    with ExitStack() as stack:
        # granian installs its own handler first.
        granian.on_startup(lambda: stack.enter_context(drain_on_sigterm(drain, drain_s)))
        try:
            serve()
        except SystemExit:
            # A worker that heard the second signal before this process counts as failed.
            if not is_asked:
                raise


_MODULE = f"{__package__.partition('.')[0]}.app"


def serve(settings: Settings, *, reload: bool) -> None:
    """Serve until SIGTERM or Ctrl-C; requests in flight finish first."""
    if not reload:  # workers are forked: they share what is imported before
        import_module(_MODULE)
    with held_address(settings.server) as (host, port):
        granian = Granian(
            f"{_MODULE}:create_app",
            factory=True,
            address=host,
            port=port,
            interface=Interfaces.ASGI,
            loop=Loops.uvloop,
            reload=reload,
            **common_options(settings.server),
        )
        serve_workers(granian, settings.server.drain_s, granian.serve)
