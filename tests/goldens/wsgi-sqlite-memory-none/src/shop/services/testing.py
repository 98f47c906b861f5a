"""Servers for one test session: fast, not durable, and gone afterwards, whatever happens."""

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .account import server_account
from .docker import start_container
from .process import Home, end, free_port
from .server import Server, start_program
from .service import RunningService, Service, ServiceError, discover
from .sources import first_available

# A temporary folder of the user is of no use to a server that runs as another one.
TEMPORARY_FOLDERS = (Path(tempfile.gettempdir()), Path("/var/tmp"))  # noqa: S108 - mkdtemp below

# A server in order ends within the second.
WATCHDOG = 'read -r _; kill -s INT "$0"; sleep 2; rm -rf "$1"'


@contextlib.contextmanager
def temporary_services() -> Iterator[dict[str, str]]:
    """Run every service of the stack; yield the variables that lead a process to them.

    Where `<PREFIX>_TEST_POSTGRES_URL` or `<PREFIX>_TEST_VALKEY_URL` is set, it is used instead.
    """
    with contextlib.ExitStack() as stack:
        variables: dict[str, str] = {}
        for service in discover():
            variables |= service.variables_for(_url(service, stack))
        yield variables


@contextlib.contextmanager
def temporary_service(service: Service, port: int | None = None) -> Iterator[RunningService]:
    """Run a server of one's own, for tests that freeze or kill it.

    Args:
        port: Of an earlier server that is gone now, for tests of recovery.
    Raises:
        ServiceError: there is none to run, or it does not start.
    """
    port = port or free_port()
    with _temporary_home() as home, _started(service, home, port) as server:
        url = service.url(port, service.container_environment)
        yield RunningService(service.name, url, server.pid)


def _url(service: Service, stack: contextlib.ExitStack) -> str:
    given = os.environ.get(service.test_variable)
    return given or stack.enter_context(temporary_service(service)).url


@contextlib.contextmanager
def _started(service: Service, home: Home, port: int) -> Iterator[Server]:
    sources = (
        lambda: start_program(service, home, port, is_durable=False),
        lambda: start_container(service, home, port),
    )
    server = first_available(service, sources)
    try:
        with _ended_with_this_process(server.process.pid, home):
            yield server
    finally:
        end(home)
        server.process.wait()


@contextlib.contextmanager
def _ended_with_this_process(pid: int, home: Home) -> Iterator[None]:
    """End the server even if this process is killed: its end of the watchdog's pipe closes then."""
    watchdog = subprocess.Popen(  # noqa: S603 - a number and a folder of our own
        ["/bin/sh", "-c", WATCHDOG, str(pid), str(home.path)],
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


@contextlib.contextmanager
def _temporary_home() -> Iterator[Home]:
    account = server_account()
    base = next((folder for folder in TEMPORARY_FOLDERS if account.can_enter(folder)), None)
    if base is None:
        raise ServiceError(f"No server can enter any of {', '.join(map(str, TEMPORARY_FOLDERS))}.")
    with tempfile.TemporaryDirectory(prefix="services-", dir=base) as path:
        if account.is_another:
            Path(path).chmod(0o711)
        yield Home(Path(path).resolve())
