"""Homes that are gone with this process, whatever ends it, and data to start servers on."""

import atexit
import contextlib
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from hotpath_services.account import server_account
from hotpath_services.process import Home
from hotpath_services.server import make_data
from hotpath_services.service import ServerKind, ServiceError
from hotpath_services.sources import find_program

# A server in order ends within the second.
WATCHDOG = 'read -r _; [ -z "$1" ] || { kill -s INT "$1"; sleep 2; }; rm -rf "$0"'


def copy_data(kind: ServerKind, home: Home) -> None:
    """Put into `home` what a server's first start would make there, at a fraction of the time.

    Raises:
        Unavailable: no program is at hand.
        ServiceError: the data cannot be made or copied.
    """
    if not home.data.exists():
        _copy(_new_data(kind), home.data)


@contextlib.contextmanager
def temporary_home() -> Iterator[Home]:
    """Make a home in a folder that the server's user can enter."""
    account = server_account()
    # A temporary folder of the user is of no use to a server that runs as another one.
    folders = (Path(tempfile.gettempdir()), Path("/var/tmp"))  # noqa: S108 - mkdtemp below
    base = next((folder for folder in folders if account.can_enter(folder)), None)
    if base is None:
        raise ServiceError(f"No server can enter any of {', '.join(map(str, folders))}.")
    with tempfile.TemporaryDirectory(prefix="services-", dir=base) as path:
        if account.is_another:
            Path(path).chmod(0o711)
        yield Home(Path(path).resolve())


@contextlib.contextmanager
def ended_with_this_process(home: Home, pid: int | None = None) -> Iterator[None]:
    """End the server `pid` and remove its home even if this process is killed.

    The watchdog reads from a pipe whose other end is closed then.
    """
    watchdog = subprocess.Popen(  # noqa: S603 - a folder of our own and a number
        ["/bin/sh", "-c", WATCHDOG, str(home.path), str(pid or "")],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    with watchdog:
        try:
            yield
        finally:
            watchdog.kill()


@cache
def _new_data(kind: ServerKind) -> Path:
    """Return data that no server was started on yet, made once in the life of this process."""
    until_exit = contextlib.ExitStack()
    atexit.register(until_exit.close)
    home = until_exit.enter_context(temporary_home())
    until_exit.enter_context(ended_with_this_process(home))
    account = server_account()
    make_data(kind, find_program(kind, account, home).path, home, account)
    return home.data


def _copy(data: Path, target: Path) -> None:
    """Copy with the system's program: it is three times faster than Python."""
    account = server_account()
    target.mkdir(mode=0o700)
    account.give(target)
    done = account.run(["cp", "-Rp", f"{data}/.", str(target)])
    if done.returncode != 0:
        raise ServiceError(f"{data} cannot be copied:\n{done.stderr}")
