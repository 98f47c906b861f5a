"""gunicorn: a pool of threads in each worker process."""

import socket
import struct
from collections.abc import Iterable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, cast

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.workers.base import Worker

from hotpath.blocking.resources import open_resources
from hotpath.observability.metrics import Metrics
from hotpath.server.signals import drain_on_sigterm
from hotpath.settings import Settings
from hotpath.wsgi.app import create_app

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class _Server(BaseApplication):
    """Opens the resources in each worker after fork, and closes them at its end."""

    def __init__(self, settings: Settings, *, reload: bool) -> None:
        self._settings = settings
        self._reload = reload
        self._stack = ExitStack()
        super().__init__()

    def load_config(self) -> None:
        """Turn our settings into gunicorn's."""
        server = self._settings.server
        options = {
            "bind": f"{server.host}:{server.port}",
            "workers": server.workers,
            "worker_class": "gthread",
            "threads": server.threads,
            "keepalive": server.keep_alive_s,
            "graceful_timeout": round(server.drain_s) + server.shutdown_s,
            "timeout": 0,
            "reload": self._reload,
            "logger_class": _Logger,
            "control_socket_disable": True,
            "post_worker_init": self._start,
            "worker_exit": self._close,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Make the application of this worker."""
        opening = open_resources(self._settings, Metrics())
        self._resources = self._stack.enter_context(opening)
        return _Closing(create_app(self._resources))

    def _start(self, worker: Worker) -> None:
        stall = struct.pack("@ll", *_seconds_and_microseconds(self._settings.server.stream_stall_s))
        for listener in worker.sockets:  # what it accepts inherits this
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, stall)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, stall)
        start = self._resources.draining.start
        self._stack.enter_context(drain_on_sigterm(start, self._settings.server.drain_s))

    def _close(self, _: Any, __: Worker) -> None:
        self._stack.close()


class _Closing:
    """Lets an answer close its connection, by the header that WSGI leaves to the server."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""

        def start(status: str, headers: list[tuple[str, str]], error: Any = None) -> Any:
            if ("connection", "close") in headers:
                cast(Any, start_response).__self__.force_close()
            return start_response(status, headers, error)

        return self._app(environ, start)


def _seconds_and_microseconds(seconds: float) -> tuple[int, int]:
    return divmod(round(seconds * 1_000_000), 1_000_000)


class _Logger(Logger):
    """Leaves gunicorn's lines to our own configuration."""

    def setup(self, cfg: Any) -> None:
        """Write nothing of its own; every line goes up to the root logger."""
        self.error_log.propagate = True


def serve(settings: Settings, *, reload: bool) -> None:
    """Serve until SIGTERM or Ctrl-C; requests in flight finish first."""
    _Server(settings, reload=reload).run()
