"""Finds calls that block an event loop, and has them fail, for tests and development.

Found is what waits for something outside of the process: files, sockets, names of hosts, other
processes, `time.sleep`, SQLAlchemy by a synchronous driver. Not found are locks, and code that only
computes: the lag of the event loop, `event_loop_lag_seconds`, tells of these.
"""

import asyncio
import socket
import ssl
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from itertools import takewhile
from pathlib import Path
from types import FrameType
from typing import Any

from sqlalchemy import Connection, Engine, event

from hotpath.observability.logs import get_logger
from hotpath.observability.request_context import REQUEST
from hotpath.observability.requests import RequestRecord

BLOCKS = "blocks the event loop"
"""Is in the message of every call that was found."""

_AUDIT_EVENTS = frozenset(
    {"open", "shutil.copyfile", "shutil.rmtree", "sqlite3.connect", "subprocess.Popen"}
    | {f"os.{name}" for name in ("chmod", "chown", "link", "listdir", "mkdir", "remove", "rename")}
    | {f"os.{name}" for name in ("rmdir", "scandir", "symlink", "system", "truncate", "utime")}
    | {f"socket.{name}" for name in ("connect", "getaddrinfo", "gethostbyaddr", "gethostbyname")}
)
"""Those of what may wait, of https://docs.python.org/3/library/audit_events.html."""

_SOCKET_METHODS: tuple[tuple[type[socket.socket], tuple[str, ...]], ...] = (
    (socket.socket, ("accept", "recv", "recv_into", "recvfrom", "recvmsg", "send", "sendall")),
    (ssl.SSLSocket, ("do_handshake", "read", "write")),
)
_ALLOWED_IN = (
    "importlib",  # modules, and what they say of themselves: once
    "linecache",  # the lines of a traceback
    "/traceback.py",  # parses them: from Python 3.13 on that says that it opens "<unknown>"
    "/asyncio/unix_events.py",  # starts processes
    "/asyncpg/connect_utils.py",  # looks for its password file
    "/hotpath/profiling/store.py",  # who takes profiles pays for them
)
_RUNS_LOOPS = ("/asyncio/runners.py", "/asyncio/base_events.py", "/uvicorn/", "/granian/")
_LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")})


class BlockingCall(RuntimeError):
    """A call would have blocked the event loop; the message names it, and the line it is in."""


class _Watch:
    """An event loop that must not be blocked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.found: list[str] = []
        self.is_reporting = False

    def report(self, call: str, frame: FrameType) -> None:
        self.is_reporting = True
        try:
            message = f"{call} {BLOCKS}{_request()}, in {self._place(frame)}"
            self.found.append(message)
            get_logger().error(message)
        finally:
            self.is_reporting = False
        raise BlockingCall(message)

    def _place(self, innermost: FrameType) -> str:
        """Return the line of the service that blocks; one of the engine's if there is none."""
        frames = [*takewhile(_is_in_loop, _stack(innermost))] or [innermost]
        own = [each for each in frames if str(self.folder) in each.f_code.co_filename]
        others = [each for each in frames if not each.f_code.co_filename.startswith(_LIBRARIES)]
        frame = (own or others or frames)[0]
        path = frame.f_code.co_filename.removeprefix(f"{self.folder.parent}/")
        return f"{path}:{frame.f_lineno}, {frame.f_code.co_name}"


_watch_by_loop: dict[asyncio.AbstractEventLoop, _Watch] = {}


@contextmanager
def blocking_calls_forbidden(folder: Path) -> Iterator[list[str]]:
    """Raise `BlockingCall` in a call that would block the running event loop, and log it.

    Args:
        folder: Of the service's package: the message names the line in it that blocks.
    Yields:
        The messages of all that were found, also of those that something caught.
    Cost: from then on 0.3 µs for each audit event of the process and each use of a socket in a
        thread; it cannot be undone, but finds nothing after the block.
    """
    _install()
    loop = asyncio.get_running_loop()
    watch = _watch_by_loop[loop] = _Watch(folder)
    try:
        yield watch.found
    finally:
        del _watch_by_loop[loop]


@cache
def _install() -> None:
    """Make the interpreter tell what is called; once in a process."""
    sys.addaudithook(_audit)
    for kind, names in _SOCKET_METHODS:
        for name in names:
            setattr(kind, name, _checked_method(name, getattr(kind, name)))
    _replace(time.sleep, _checked_sleep(time.sleep))
    event.listen(Engine, "before_cursor_execute", _check_statement)


def _audit(name: str, arguments: tuple[Any, ...]) -> None:
    if name in _AUDIT_EVENTS and _watch_by_loop and not _is_quick(arguments[0]):
        _check(name)


def _checked_method(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def call(of: socket.socket, *args: Any, **kwargs: Any) -> Any:
        if _watch_by_loop and not _is_quick(of):
            _check(f"socket.{name}")
        return method(of, *args, **kwargs)

    return call


def _checked_sleep(sleep: Callable[[float], None]) -> Callable[[float], None]:
    @wraps(sleep)
    def call(seconds: float, /) -> None:
        _check("time.sleep")
        sleep(seconds)

    return call


def _replace(function: object, by: object) -> None:
    """Replace a function everywhere, also where it was imported by its name."""
    for module in [*sys.modules.values()]:
        names = [name for name, value in vars(module).items() if value is function]
        for name in names:
            setattr(module, name, by)


def _check_statement(connection: Connection, *_: Any) -> None:
    if not connection.dialect.is_async:
        _check(f"a statement by {connection.dialect.driver}")


def _is_quick(of: object) -> bool:
    """Tell whether nothing waits: for a path of the kernel's own, an open file, such a socket."""
    if isinstance(of, socket.socket):
        return of.gettimeout() == 0
    return isinstance(of, int) or str(of).startswith(("/proc/", "/sys/"))


def _check(call: str) -> None:
    """Raise if this thread runs an event loop that must not be blocked."""
    try:
        watch = _watch_by_loop.get(asyncio.get_running_loop())
    except RuntimeError:  # a thread without an event loop
        return
    if watch is None or watch.is_reporting:
        return
    caller = sys._getframe(2)
    if not any(_is_allowed(frame.f_code.co_filename) for frame in _stack(caller)):
        watch.report(call, caller)


@cache
def _is_allowed(file: str) -> bool:
    return any(part in file for part in _ALLOWED_IN)


def _is_in_loop(frame: FrameType) -> bool:
    return not any(part in frame.f_code.co_filename for part in _RUNS_LOOPS)


def _stack(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _request() -> str:
    request = REQUEST.get(None)
    return f" in {request.method} {request.path}" if isinstance(request, RequestRecord) else ""
