"""`/metrics` on a port of its own, for all processes of a server and all kinds of servers alike."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from hotpath.observability.admin import is_bearer

if TYPE_CHECKING:
    from http.server import BaseHTTPRequestHandler

_PATH = "/metrics"
_METHODS = ("GET", "HEAD")
_CLIENT_TIMEOUT_S = 10.0


@contextmanager
def metrics_server(
    listener: socket.socket | None, folder: Path | None, token: str
) -> Iterator[None]:
    """Serve `/metrics` on a listener, from a process of its own, until the end of the block.

    Args:
        listener: Bound and listening; None for no such process.
        folder: What the serving processes share, see `multiprocess`; it is there with a listener.
        token: What scrapes have to send; empty if anyone may scrape.
    Cost: a process that shares the memory of this one, and what a scrape takes.
    """
    if listener is None or folder is None:
        yield
        return
    pid = os.getpid()
    end, is_running = os.pipe()  # `end` reads nothing more once this process is gone
    child = os.fork()
    if not child:
        try:
            os.close(is_running)
            _serve(listener, folder, token, end)
        finally:
            os._exit(0)
    listener.close()
    os.close(end)
    try:
        yield
    finally:
        if os.getpid() == pid:  # and not a worker that was forked inside
            os.kill(child, signal.SIGKILL)
            with suppress(ChildProcessError):  # a server may have waited for all its children
                os.waitpid(child, 0)
            os.close(is_running)


def _serve(listener: socket.socket, folder: Path, token: str, end: int) -> None:
    """Serve until the parent process is gone; signals are for that one."""
    from http.server import ThreadingHTTPServer  # noqa: PLC0415 - of this process alone
    from threading import Thread  # noqa: PLC0415

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    address = listener.getsockname()
    server = ThreadingHTTPServer(address, _handler(folder, token), bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    Thread(target=server.serve_forever, daemon=True).start()
    os.read(end, 1)


def _handler(folder: Path, token: str) -> type["BaseHTTPRequestHandler"]:
    from http.server import BaseHTTPRequestHandler  # noqa: PLC0415 - of this process alone

    from prometheus_client import CONTENT_TYPE_LATEST  # noqa: PLC0415

    from hotpath.observability.exposition import render_totals  # noqa: PLC0415
    from hotpath.observability.multiprocess import read_totals  # noqa: PLC0415

    class Handler(BaseHTTPRequestHandler):
        timeout = _CLIENT_TIMEOUT_S
        protocol_version = "HTTP/1.1"
        error_content_type = "text/plain; charset=utf-8"
        error_message_format = "%(message)s\n"

        def do_GET(self) -> None:
            self.close_connection |= not {"content-length", "transfer-encoding"}.isdisjoint(
                map(str.lower, self.headers)
            )  # a body is not read
            is_allowed = not token or is_bearer(token, self.headers.get("authorization"))
            if self.path.partition("?")[0] != _PATH or not is_allowed:
                self.send_error(HTTPStatus.NOT_FOUND)
            elif self.command not in _METHODS:
                self.send_error(HTTPStatus.METHOD_NOT_ALLOWED)
            else:
                body = render_totals(read_totals(folder))
                self.send_response(HTTPStatus.OK)
                self.send_header("content-type", CONTENT_TYPE_LATEST)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

        do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET

        def send_response(self, code: int, message: str | None = None) -> None:
            """Send the first lines of a response, with the methods that are allowed if not this."""
            super().send_response(code, message)
            if code == HTTPStatus.METHOD_NOT_ALLOWED:
                self.send_header("allow", ", ".join(_METHODS))

        def send_header(self, keyword: str, value: str) -> None:
            """Send a header, but for the one that names the version of Python."""
            if keyword != "Server":
                super().send_header(keyword, value)

        def log_message(self, *_: object) -> None:
            """Log nothing: scrapes come several times a minute."""

    return Handler
