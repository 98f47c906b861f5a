"""Processes of servers: free ports, start, readiness, end; knows nothing of a certain server.

A server holds a lock on its home for as long as it lives. The kernel lets go of it whatever ends
the server, so a pid written down is never mistaken for another program's.
"""

import contextlib
import fcntl
import functools
import os
import secrets
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hotpath_services.account import Account
from hotpath_services.service import HOST, ServiceError

READY_WITHIN_S = 60.0
END_WITHIN_S = 20.0
POLL_S = 0.01
LOG_LINES = 12
# Most systems give outgoing connections ports from 32768 up: below it, they take none of ours.
RANDOM_PORTS = range(10_000, 32_000)


@dataclass(frozen=True)
class Home:
    """The folder of one server; `data` is the only thing in it worth keeping."""

    path: Path

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def programs(self) -> Path:
        return self.path / "programs"

    @property
    def log(self) -> Path:
        return self.path / "server.log"

    @property
    def lock(self) -> Path:
        return self.path / "lock"

    def last_words(self) -> str:
        """Return the end of the server's log, indented."""
        lines = self.log.read_text("utf-8", errors="replace").splitlines()[-LOG_LINES:]
        return "\n".join(f"    {line}" for line in lines)


def free_port(preferred: Sequence[int] = ()) -> int:
    """Return the first of `preferred` that is free, else any free port.

    Until this process ends, no other process of the user gets the latter from this function.
    """
    for port in preferred:
        if _is_free(port):
            return port
    while not (_is_ours(port := secrets.choice(RANDOM_PORTS)) and _is_free(port)):
        pass
    return port


def _is_ours(port: int) -> bool:
    """Lock a byte of a file, whose position is the port's number, for as long as we live."""
    try:
        fcntl.lockf(_port_locks(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    return True


@functools.cache
def _port_locks() -> int:
    # Never closed: that would release the locks.
    locks = Path(tempfile.gettempdir()) / f"hotpath-ports-{os.getuid()}"
    return os.open(locks, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: connections that linger after an end do not keep a port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def start(command: Sequence[str], home: Home, account: Account) -> subprocess.Popen[bytes]:
    """Start a server that holds the home's lock until its last process is gone."""
    with home.lock.open("a") as lock, home.log.open("wb") as log:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        lock.truncate(0)
        process = account.start(command, output=log, keep_open=lock, cwd=home.path)
        lock.write(f"{process.pid}\n")
        return process


def is_alive(home: Home) -> bool:
    """Whether a server holds the home's lock."""
    if not home.lock.exists():
        return False
    with home.lock.open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def wait_until(condition: Callable[[], bool], within_s: float) -> bool:
    """Wait for the condition; False if it does not hold in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True


@contextlib.contextmanager
def one_start_at_a_time() -> Iterator[None]:
    """Keep other projects of this user from taking the same free port until a server has it."""
    path = Path(tempfile.gettempdir()) / f"services-{os.getuid()}.lock"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def wait_for_answer(
    name: str, home: Home, answers: Callable[[], bool], within_s: float = READY_WITHIN_S
) -> bool:
    """Wait until the server answers; False if it ends instead.

    Raises:
        ServiceError: it lives, but does not answer within `within_s`.
    """
    if not wait_until(lambda: answers() or not is_alive(home), within_s):
        raise ServiceError(
            f"{name} runs but gave no answer in {within_s:.0f} s. "
            f"The end of {home.log}:\n{home.last_words()}"
        )
    # What answers might be another server, on a port that ours was refused.
    return is_alive(home)


def end(home: Home) -> None:
    """End the server that holds the home's lock and wait until all its processes are gone.

    SIGINT asks PostgreSQL for a fast shutdown and Valkey for an orderly one. A stopped process
    is continued so that it gets the signal; one that ignores it is killed.
    """
    for number in (signal.SIGINT, signal.SIGKILL):
        if not is_alive(home):
            return
        _send(home, number)
        _send(home, signal.SIGCONT)
        if wait_until(lambda: not is_alive(home), END_WITHIN_S):
            return
    raise ServiceError(f"The server does not end; its process is written in {home.lock}.")


def _send(home: Home, number: signal.Signals) -> None:
    try:
        os.kill(int(home.lock.read_text()), number)
    except ProcessLookupError:
        return  # its last children may outlive it shortly
    except PermissionError:
        raise ServiceError(f"The server in {home.path} was started by another user.") from None
