"""gunicorn: a pool of threads in each worker process.

`start_response.__self__.force_close`, `ThreadWorker.handle`, the `sock` of its argument,
`Arbiter.systemd` and `WorkerTmp` are private parts of gunicorn, which is pinned for them.
"""

import os
import socket
import struct
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from functools import partial
from io import BufferedReader, RawIOBase
from math import ceil
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.http.errors import NoMoreData, ParseException
from gunicorn.workers import base
from gunicorn.workers.base import Worker
from gunicorn.workers.gthread import ThreadWorker
from gunicorn.workers.workertmp import WorkerTmp

from hotpath.http.problems import MEDIA_TYPE, problem
from hotpath.listening import listen, removed_at_end
from hotpath.observability.client_address import MAPPED
from hotpath.server.heads import refusal_of
from hotpath.server.listener import refuse_new_connections
from hotpath.server.refusals import Refusal
from hotpath.server.signals import LAST_CALL_S, drain_on_sigterm
from hotpath.settings import ServerSettings, ServiceSettings
from hotpath.wsgi.app import Application, ServedApplication
from hotpath.wsgi.server.request_body import InvalidBody

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class _Server(BaseApplication):
    """Opens the application in each worker after fork, and closes it when the worker exits."""

    def __init__(self, settings: ServiceSettings, *, reload: bool) -> None:
        self.settings = settings
        self._listener = listen(settings.server)
        self._descriptor = self._listener.detach()
        self._reload = reload
        self._stack = ExitStack()
        super().__init__()

    def load_config(self) -> None:
        """Set the options of gunicorn that follow from the settings."""
        server = self.settings.server
        options = {
            "bind": f"fd://{self._descriptor}",  # it would bind an address its own way
            "workers": server.workers,
            "worker_class": _Worker,
            "threads": server.threads,
            "keepalive": server.keep_alive_s,
            "graceful_timeout": ceil(server.drain_s + LAST_CALL_S) + server.shutdown_s,
            "timeout": 0,
            "forwarder_headers": "",  # else a client may set SCRIPT_NAME
            "secure_scheme_headers": {},  # the middleware knows whom to trust
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
        app: Application = self.settings.service.module("app").create_app(self.settings)
        self._served: ServedApplication = self._stack.enter_context(app.opened())
        return _HttpMiddleware(self._served, is_unix=bool(self.settings.server.uds))

    def run(self) -> None:
        """Serve until SIGTERM or Ctrl-C."""
        arbiter = Arbiter(self)
        arbiter.systemd = True  # else it removes a Unix socket before its workers have drained
        with removed_at_end(self.settings.server.uds):
            arbiter.run()

    def _start(self, worker: Worker) -> None:
        start, drain_s = self._served.resources.draining.start, self.settings.server.drain_s
        # gunicorn has made a socket of its own of the descriptor.
        listener = self._listener if self.settings.server.uds else cast(Any, worker).sockets[0].sock
        refuse = partial(refuse_new_connections, listener)
        self._stack.enter_context(drain_on_sigterm(start, drain_s, refuse))

    def _close(self, _: Any, __: Worker) -> None:
        self._stack.close()


class _Worker(ThreadWorker):
    """A worker process whose clients have to send at a minimum rate."""

    def handle(self, conn: Any) -> Any:
        """Handle one request, in a thread."""
        if not isinstance(conn.sock, _TimedSocket):
            server = cast(_Server, self.app).settings.server
            conn.sock = _TimedSocket(conn.sock, server)
        conn.sock.start_request()
        return super().handle(conn)


class _TimedSocket(socket.socket):
    """A connection on which a request that was waited for longer than `body_timeout_s` must have
    come at `min_body_rate` bytes per second of waiting."""

    def __init__(self, accepted: socket.socket, settings: ServerSettings) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, accepted.detach())
        self._settings = settings
        _set_timeout(self, socket.SO_SNDTIMEO, settings.stream_stall_s)
        _set_timeout(self, socket.SO_RCVTIMEO, settings.body_timeout_s)
        self.start_request()

    def start_request(self) -> None:
        """Start to count."""
        self._waited_s, self._received = 0.0, 0

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Receive some bytes.

        Raises:
            BlockingIOError: they came too slowly, or not for `body_timeout_s`.
        """
        started = monotonic()
        piece = super().recv(size, flags)
        self._waited_s += monotonic() - started
        self._received += len(piece)
        is_late = self._waited_s > self._settings.body_timeout_s
        if is_late and self._received < self._settings.min_body_rate * self._waited_s:
            raise BlockingIOError("the request comes too slowly")
        return piece


class _Body(RawIOBase):
    """A request body that fails where gunicorn's parser does, and where it ends too soon."""

    def __init__(self, environ: "WSGIEnvironment") -> None:
        super().__init__()
        self._body = environ["wsgi.input"]
        self._missing = int(environ.get("CONTENT_LENGTH") or 0)

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill `buffer`, unless the body ends before.

        Raises:
            InvalidBody: the rest cannot be parsed, or does not come.
            BlockingIOError: it does not come in time.
        """
        place = memoryview(buffer)
        try:
            piece = self._body.read(len(place))
        except (ParseException, NoMoreData):
            raise InvalidBody from None
        self._missing -= len(piece)
        if self._missing > 0 and len(piece) < len(place):
            raise InvalidBody
        place[: len(piece)] = piece
        return len(piece)


class _HttpMiddleware:
    """Does what gunicorn leaves of HTTP: see `refusal_of` and `_Body`, and `connection: close` in
    requests and responses, and while it drains. And takes addresses for what they are."""

    def __init__(self, app: ServedApplication, *, is_unix: bool) -> None:
        self._app = app
        self._draining = app.resources.draining
        self._is_unix = is_unix

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Handle one request."""
        response = cast(Any, start_response).__self__
        refusal = refusal_of(environ["SERVER_PROTOCOL"].removeprefix("HTTP/"), _checked(environ))
        if refusal is not None:
            response.force_close()
            return _refuse(refusal, start_response)
        if self._draining.is_draining or "close" in _options(environ.get("HTTP_CONNECTION", "")):
            response.force_close()
        environ["wsgi.input"] = BufferedReader(_Body(environ))

        def start(status: str, headers: list[tuple[str, str]], error: Any = None) -> Any:
            if ("connection", "close") in headers:
                response.force_close()
            return start_response(status, headers, error)

        peer = environ.get("REMOTE_ADDR", "")
        # Of a Unix socket it is the path that the client's is bound to, if it is: any text.
        environ["REMOTE_ADDR"] = "" if self._is_unix else peer.removeprefix(MAPPED)
        return self._app(environ, start)


def _checked(environ: "WSGIEnvironment") -> list[tuple[bytes, bytes]]:
    names = {b"host": "HTTP_HOST", b"transfer-encoding": "HTTP_TRANSFER_ENCODING"}
    return [(name, environ[key].encode("latin-1")) for name, key in names.items() if key in environ]


def _options(value: str) -> set[str]:
    return {each.strip().lower() for each in value.split(",")}


def _refuse(refusal: Refusal, start_response: "StartResponse") -> Iterable[bytes]:
    status, body = refusal[0], problem(*refusal)
    headers = [("content-type", MEDIA_TYPE), ("content-length", str(len(body)))]
    start_response(f"{status.value} {status.phrase}", headers)
    return (body,)


class _InMemory(WorkerTmp):
    """What a worker touches while it lives, where there may be no folder for temporary files."""

    def __init__(self, _: Any) -> None:
        self._tmp = os.fdopen(os.memfd_create("worker"), "w+b", 0)


def _set_timeout(connection: socket.socket, option: int, seconds: float) -> None:
    value = struct.pack("@ll", *divmod(round(seconds * 1_000_000), 1_000_000))
    connection.setsockopt(socket.SOL_SOCKET, option, value)


class _Logger(Logger):
    """Leaves logging to the configuration of the process."""

    def setup(self, cfg: Any) -> None:
        """Add no handlers; every line propagates to the root logger."""
        self.error_log.propagate = True


def serve(settings: ServiceSettings, *, reload: bool) -> None:
    """Serve until SIGTERM or Ctrl-C; requests in progress finish first."""
    if not reload:  # workers are forked, and share what is imported before
        settings.service.module("app")
    if sys.platform == "linux":
        cast(Any, base).WorkerTmp = _InMemory
    _Server(settings, reload=reload).run()
