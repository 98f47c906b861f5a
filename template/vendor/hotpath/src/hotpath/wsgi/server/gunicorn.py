"""gunicorn: a pool of threads in each worker process.

`start_response.__self__.force_close` is a private part of gunicorn, which is pinned for it.
"""

import socket
import struct
from collections.abc import Iterable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, cast

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.workers.base import Worker

from hotpath.server.signals import drain_on_sigterm
from hotpath.settings import ServiceSettings
from hotpath.wsgi.app import Application, ServedApplication

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class _Server(BaseApplication):
    """Opens the application in each worker after fork, and closes it when the worker exits."""

    def __init__(self, settings: ServiceSettings, *, reload: bool) -> None:
        self._settings = settings
        self._reload = reload
        self._stack = ExitStack()
        super().__init__()

    def load_config(self) -> None:
        """Set the options of gunicorn that follow from the settings."""
        server = self._settings.server
        options = {
            "bind": f"{server.host}:{server.port}",
            "workers": server.workers,
            "worker_class": "gthread",
            "threads": server.threads,
            "keepalive": server.keep_alive_s,
            "graceful_timeout": round(server.drain_s) + server.shutdown_s,
            "timeout": 0,
            "forwarder_headers": "",  # else a client may set SCRIPT_NAME
            "limit_request_line": 8190,
            "limit_request_fields": server.max_headers,
            "limit_request_field_size": server.max_head_bytes,
            "reload": self._reload,
            "logger_class": _Logger,
            "control_socket_disable": True,
            "post_worker_init": self._start,
            "worker_exit": self._close,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Open the application of this worker."""
        app: Application = self._settings.service.module("app").create_app(self._settings)
        self._served: ServedApplication = self._stack.enter_context(app.opened())
        return _ClosingMiddleware(self._served)

    def _start(self, worker: Worker) -> None:
        server = self._settings.server
        for listener in worker.sockets:  # accepted sockets inherit these
            _set_timeout(listener, socket.SO_SNDTIMEO, server.stream_stall_s)
            _set_timeout(listener, socket.SO_RCVTIMEO, server.body_timeout_s)
        start = self._served.resources.draining.start
        self._stack.enter_context(drain_on_sigterm(start, server.drain_s))

    def _close(self, _: Any, __: Worker) -> None:
        self._stack.close()


class _ClosingMiddleware:
    """Closes the connection after a response with `connection: close`, which gunicorn ignores."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Handle one request."""

        def start(status: str, headers: list[tuple[str, str]], error: Any = None) -> Any:
            if ("connection", "close") in headers:
                cast(Any, start_response).__self__.force_close()
            return start_response(status, headers, error)

        return self._app(environ, start)


def _set_timeout(listener: socket.socket, option: int, seconds: float) -> None:
    value = struct.pack("@ll", *divmod(round(seconds * 1_000_000), 1_000_000))
    listener.setsockopt(socket.SOL_SOCKET, option, value)


class _Logger(Logger):
    """Leaves logging to the configuration of the process."""

    def setup(self, cfg: Any) -> None:
        """Add no handlers; every line propagates to the root logger."""
        self.error_log.propagate = True


def serve(settings: ServiceSettings, *, reload: bool) -> None:
    """Serve until SIGTERM or Ctrl-C; requests in progress finish first."""
    if not reload:  # workers are forked, and share what is imported before
        settings.service.module("app")
    _Server(settings, reload=reload).run()
