"""granian: HTTP in Rust, one process per worker, with logs, draining and limits as elsewhere."""

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
from hotpath.settings import ServerSettings, ServiceSettings

_CONNECTIONS = 10_000
"""Open at once per worker, idle ones included; granian's default would be a few hundred."""

_LOGGING = {
    "formatters": {},
    "handlers": {},  # lines propagate to the root logger
    "loggers": {
        "_granian": {"level": "INFO"},
        "_granian.asgi": {"level": "ERROR"},  # logs every client that disconnects
        "_granian.utils": {"level": "CRITICAL"},  # the middleware has logged the error
    },
}


def _options(settings: ServerSettings) -> dict[str, Any]:
    """Return the options of granian that follow from the settings of a server."""
    return {
        "workers": settings.workers,
        "http": HTTPModes.http1,
        "websockets": False,
        "backpressure": _CONNECTIONS,
        # Also the limit of an idle connection.
        "http1_settings": HTTP1Settings(header_read_timeout=settings.keep_alive_s * 1000),
        "log_dictconfig": _LOGGING,
        "respawn_failed_workers": True,
        "workers_kill_timeout": settings.shutdown_s,
        "reload_filter": PythonFilter,
    }


@contextmanager
def _reserved_address(settings: ServerSettings) -> Iterator[tuple[str, int]]:
    """Yield an address and a port for all workers, each of which binds it for itself."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        # Without it, connections of another server that linger after its end keep the port.
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind((settings.host, settings.port))
        host, port, *_ = holder.getsockname()
        yield host, port


def _serve_workers(granian: AbstractServer[Any], drain_s: float, serve: Callable[[], None]) -> None:
    """Serve until SIGTERM or Ctrl-C; workers drain for `drain_s` after the first SIGTERM."""
    is_stopping = False

    def drain() -> None:
        nonlocal is_stopping
        is_stopping = True
        # Of two signals at once, Python's main thread may miss the second.
        for worker in active_children() if drain_s else ():
            if worker.pid is not None:
                os.kill(worker.pid, DRAIN)

    with ExitStack() as stack:
        # granian installs its own handler first.
        granian.on_startup(lambda: stack.enter_context(drain_on_sigterm(drain, drain_s)))
        try:
            serve()
        except SystemExit:
            # A worker that got the second signal before this process counts as failed.
            if not is_stopping:
                raise


def serve(settings: ServiceSettings, *, reload: bool) -> None:
    """Serve until SIGTERM or Ctrl-C; requests in progress finish first."""
    module = f"{settings.service.package}.app"
    if not reload:  # workers are forked, and share what is imported before
        import_module(module)
    with _reserved_address(settings.server) as (host, port):
        granian = Granian(
            f"{module}:create_app",
            factory=True,
            address=host,
            port=port,
            interface=Interfaces.ASGI,
            loop=Loops.uvloop,
            reload=reload,
            **_options(settings.server),
        )
        _serve_workers(granian, settings.server.drain_s, granian.serve)
