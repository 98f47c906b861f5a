"""Listening sockets: on an address, the same for every server, or on a path of the file system."""

import errno
import fcntl
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from hotpath.settings import ServerSettings

BACKLOG = 2048
"""Connections that wait to be accepted."""

UDS_MODE = 0o666
"""Permissions of a Unix socket: whoever may enter its folder may connect, as to a TCP port."""

_ALL_IPV6 = "::"
_PROBE_S = 1.0
_NO_IPV6 = frozenset({errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL})


def listen(settings: ServerSettings) -> socket.socket:
    """Return a socket that listens as the settings say: on `uds` if it is set, else on `host`.

    Raises:
        OSError: `cannot listen on …`, and why.
    """
    if settings.uds:
        return listen_on_path(settings.uds)
    return listen_on_address(settings.host, settings.port)


def listen_on_address(host: str, port: int) -> socket.socket:
    """Return a socket that listens on an address, see `resolve`; `::` takes IPv4 as well.

    Raises:
        OSError: it is taken, or not of this machine.
    """
    try:
        family, address = resolve(host, port)
        is_dual = address[0] == _ALL_IPV6 and socket.has_dualstack_ipv6()
        return socket.create_server(address, family=family, backlog=BACKLOG, dualstack_ipv6=is_dual)
    except UnicodeError:
        raise OSError(f"cannot listen on {host}, port {port}: that is no host name.") from None
    except OSError as error:
        raise OSError(f"cannot listen on {host}, port {port}: {_reason(error, host)}.") from None


def resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[Any, ...]]:
    """Return the family and address of a host.

    Args:
        host: An address, in brackets or not; a name, of which an IPv4 address comes first; or
            nothing, for all addresses: `::`, or `0.0.0.0` where there is no IPv6.

    Raises:
        OSError: there is no such host.
        UnicodeError: it is no host name.
    """
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    name = bare or (_ALL_IPV6 if _has_ipv6() else "0.0.0.0")  # noqa: S104 - what was asked for
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    family, _, _, _, address = min(found, key=lambda each: each[0] != socket.AF_INET)
    return family, address


class UnixListener(socket.socket):
    """A Unix socket that listens on a path."""

    _path = ""
    _bound: tuple[int, int, int] | None = None

    def listen_on(self, path: str) -> None:
        """Bind a path, and listen.

        Raises:
            OSError: it cannot be made, or something is there.
        """
        self.bind(path)
        os.chmod(path, UDS_MODE)  # noqa: PTH101 - before anyone can connect
        self.listen(BACKLOG)
        self._path, self._bound = path, _identity(path)

    def remove_path(self) -> None:
        """Let nobody connect any more; a socket that has taken the path since stays."""
        _remove_same(self._path, self._bound)


def listen_on_path(path: str) -> UnixListener:
    """Return a Unix socket that listens on a path; one that nobody listens on any more is replaced.

    Raises:
        OSError: another process listens there, it is no socket, or it cannot be made.
    """
    try:
        with _alone_in(os.path.dirname(path) or "."):  # noqa: PTH120
            remove_stale(path)
            listener = UnixListener(socket.AF_UNIX)
            try:
                listener.listen_on(path)
            except OSError:
                listener.close()
                raise
    except OSError as error:
        raise OSError(f"cannot listen on {path}: {_reason(error, path)}.") from None
    return listener


def remove_stale(path: str) -> None:
    """Remove a Unix socket that nobody listens on.

    Raises:
        OSError: another process listens there, or it is no socket.
    """
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise OSError("there is something else, which is no socket")
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(_PROBE_S)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)  # noqa: PTH108
            return
        except (BlockingIOError, TimeoutError):  # so many wait there that it cannot be asked
            pass
    raise OSError("another process listens there")


@contextmanager
def _alone_in(folder: str) -> Iterator[None]:
    """Let no other process that starts to listen in a folder do so meanwhile: until it listens, a
    socket cannot be told from one that nobody listens on."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:  # it may be closed to readers
        yield
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def removed_at_end(path: str) -> Iterator[None]:
    """Remove the Unix socket of a path at the end of the block, in this process, if it is the same.

    Args:
        path: Empty for none.
    """
    pid, identity = os.getpid(), _identity(path)
    try:
        yield
    finally:
        if os.getpid() == pid:
            _remove_same(path, identity)


def url_of(listener: socket.socket) -> str:
    """Return where a socket listens, for people."""
    if listener.family == socket.AF_UNIX:
        return f"unix:{listener.getsockname()}"
    host, port, *_ = listener.getsockname()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _identity(path: str) -> tuple[int, int, int] | None:
    """Return what tells a file from another one that took its path; None if there is none."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_ctime_ns  # the number may be used again


def _remove_same(path: str, identity: tuple[int, int, int] | None) -> None:
    if identity is not None and _identity(path) == identity:
        with suppress(FileNotFoundError):
            os.unlink(path)  # noqa: PTH108


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind((_ALL_IPV6, 0))
    except OSError:
        return False
    return True


def _reason(error: OSError, host: str) -> str:
    if ":" in host and error.errno in _NO_IPV6 and not _has_ipv6():
        return "this machine has no IPv6"
    return (error.strerror or str(error)).partition(" (while")[0]
