"""granian: HTTP in Rust, one process per worker, with logs, draining and limits as elsewhere."""

import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib import import_module
from multiprocessing import active_children
from pathlib import Path
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.server.common import AbstractServer
from watchfiles import PythonFilter

from hotpath.asgi.app import Application
from hotpath.asgi.messages import App, Message, Receive, Send
from hotpath.http.problems import MEDIA_TYPE, problem
from hotpath.listening import UDS_MODE, remove_stale, resolve
from hotpath.server.heads import refusal_of
from hotpath.server.refusals import NO_HOST, Refusal
from hotpath.server.signals import DRAIN, drain_on_sigterm
from hotpath.settings import ServerSettings, ServiceSettings

_CONNECTIONS = 10_000
"""Open at once per worker, idle ones included; granian's default would be a few hundred."""

_EMPTY_HOST = (b"host", b"")

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


class _HttpMiddleware:
    """Does what granian leaves of HTTP: it refuses heads that uvicorn's protocol does not accept,
    and closes connections while it drains."""

    def __init__(self, app: Application) -> None:
        self._app = app

    def __call__(self, scope: Message, receive: Receive, send: Send) -> Awaitable[None]:
        """Handle one request, or the lifespan."""
        if scope["type"] == "http":
            refusal = _refusal_of(scope)
            if refusal is not None:
                return _refuse(refusal, send)
            if self._app.resources.draining.is_draining:
                send = partial(_send_last, send)
        return self._app(scope, receive, send)


def _refusal_of(scope: Message) -> Refusal | None:
    """Return why a request is refused; a `Host` that is missing is empty here, and both are."""
    version, headers = scope["http_version"], scope["headers"]
    if version == "1.1" and _EMPTY_HOST in headers:
        return NO_HOST
    return refusal_of("1.0" if version == "1" else version, headers)


async def _send_last(send: Send, message: Message) -> None:
    if message["type"] == "http.response.start":
        message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
    await send(message)


async def _refuse(refusal: Refusal, send: Send) -> None:
    body = problem(*refusal)
    headers = {
        b"content-type": MEDIA_TYPE.encode(),
        b"content-length": b"%d" % len(body),
        b"connection": b"close",
    }
    start = {"type": "http.response.start", "status": refusal[0].value}
    await send({**start, "headers": [*headers.items()]})
    await send({"type": "http.response.body", "body": body})


def _load(target: str) -> App:
    """Return the application of a worker process."""
    module, _, name = target.partition(":")
    return _HttpMiddleware(getattr(import_module(module), name)())


@contextmanager
def _reserved_address(settings: ServerSettings) -> Iterator[dict[str, Any]]:
    """Yield where to listen: an address and a port for all workers, each of which binds it for
    itself, or the path of a Unix socket, which granian removes at the end."""
    if settings.uds:
        remove_stale(settings.uds)
        yield {"uds": Path(settings.uds), "uds_permissions": UDS_MODE}
        return
    family, address = resolve(settings.host, settings.port)
    with socket.socket(family) as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        # Without it, connections of another server that linger after its end keep the port.
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(address)
        host, port, *_ = holder.getsockname()
        yield {"address": host, "port": port}


def _serve_workers(granian: AbstractServer[Any], drain_s: float, serve: Callable[[], None]) -> None:
    """Serve until SIGTERM or Ctrl-C; workers drain for `drain_s` after the first SIGTERM."""
    is_stopping = False

    def drain() -> None:
        nonlocal is_stopping
        is_stopping = True
        # Of two signals at once, Python's main thread may miss the second.
        for worker in active_children():
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
    with _reserved_address(settings.server) as address:
        granian = Granian(
            f"{module}:create_app",
            interface=Interfaces.ASGI,
            loop=Loops.uvloop,
            reload=reload,
            **address,
            **_options(settings.server),
        )
        start = partial(granian.serve, target_loader=_load)
        _serve_workers(granian, settings.server.drain_s, start)
