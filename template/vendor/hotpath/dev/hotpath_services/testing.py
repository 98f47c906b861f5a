"""Servers for one test session: fast, not durable, and gone afterwards, whatever happens."""

import contextlib
import os
from collections.abc import Iterator

from hotpath.service import Service
from hotpath_services.docker import start_container
from hotpath_services.kinds import servers_of
from hotpath_services.process import Home, end, free_port
from hotpath_services.server import Server, start_program
from hotpath_services.service import RunningService, ServerKind
from hotpath_services.sources import first_available
from hotpath_services.temporary import copy_data, ended_with_this_process, temporary_home


@contextlib.contextmanager
def temporary_services(service: Service) -> Iterator[dict[str, str]]:
    """Run every server the service needs; yield the variables that lead a process to them.

    Where `<PREFIX>TEST_POSTGRES_URL` or `<PREFIX>TEST_VALKEY_URL` is set, it is used instead.
    """
    with contextlib.ExitStack() as stack:
        variables: dict[str, str] = {}
        for kind in servers_of(service):
            variables |= kind.variables_for(_url(kind, stack))
        yield variables


@contextlib.contextmanager
def temporary_service(kind: ServerKind, port: int | None = None) -> Iterator[RunningService]:
    """Run a server of one's own, for tests that freeze or kill it.

    Args:
        port: Of an earlier server that is gone now, for tests of recovery.
    Raises:
        ServiceError: there is none to run, or it does not start.
    """
    port = port or free_port()
    with temporary_home() as home, _started(kind, home, port) as server:
        url = kind.url(port, kind.container_environment)
        yield RunningService(kind.name, url, server.pid)


def _url(kind: ServerKind, stack: contextlib.ExitStack) -> str:
    given = os.environ.get(kind.test_variable)
    return given or stack.enter_context(temporary_service(kind)).url


@contextlib.contextmanager
def _started(kind: ServerKind, home: Home, port: int) -> Iterator[Server]:
    def program() -> Server:
        copy_data(kind, home)
        return start_program(kind, home, port, is_durable=False)

    server = first_available(kind, (program, lambda: start_container(kind, home, port)))
    try:
        with ended_with_this_process(home, server.process.pid):
            yield server
    finally:
        end(home)
        server.process.wait()
