"""Threads that compute do not keep the event loop waiting; those that wait hold nobody up."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from hotpath.testing.servers import Server, figure, is_listening, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until

from ..insistent_clients import InsistentClient, stop_all
from ..profiles import planted
from ..sockets import GET, HEALTHY, connected, responded, until_closed

CLIENTS = 60
USUAL = 16
MOST_COMPUTING = 4
"""Two compute; the limit is a little higher now and then, to see whether more would help."""
WITHIN_S = 30.0
SHUTDOWN_S = 3
"""Less than it takes `USUAL` threads to respond to all `CLIENTS`, a second each."""
NAP = b"GET /nap HTTP/1.1\r\nhost: test\r\n\r\n"


@pytest.fixture(scope="module")
def burning(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(planted(workspace, tmp_path_factory.mktemp("planted"))) as server:
        yield server


@contextmanager
def asked_by_many(server: Server, path: str) -> Iterator[None]:
    clients = [InsistentClient(server.port, path, is_kept=True) for _ in range(CLIENTS)]
    with ExitStack() as stack:
        stack.callback(stop_all, clients)
        for each in clients:
            each.start()
        yield


def test_threads_are_as_many_as_wait_until_the_end(workspace: Workspace, tmp_path: Path) -> None:
    place = planted(workspace, tmp_path).with_settings(SERVER__SHUTDOWN_S=SHUTDOWN_S)
    with serving(place) as server, ExitStack() as stack:
        connections = [stack.enter_context(connected(server.port)) for _ in range(CLIENTS)]
        for each in connections:
            each.sendall(GET)
            assert responded(each).endswith(HEALTHY)
        server.program.stop()
        assert wait_until(lambda: not is_listening(server.port), WITHIN_S)
        for each in connections:
            each.sendall(NAP)
        responses = [until_closed(each) for each in connections]

    assert {response[9:12] for response in responses} == {b"200"}


def test_few_compute_and_many_wait(burning: Server) -> None:
    def limit() -> float:
        return figure(burning.http, "threads_limit")

    assert limit() == USUAL
    with asked_by_many(burning, "/slow"):  # most of its time it waits
        assert wait_until(lambda: limit() > USUAL, WITHIN_S)
    with asked_by_many(burning, "/burn"):  # most of its time it computes
        assert wait_until(lambda: figure(burning.http, "threads_busy") >= 2, WITHIN_S)
        assert wait_until(lambda: limit() <= MOST_COMPUTING, WITHIN_S)
    assert wait_until(lambda: limit() == USUAL, WITHIN_S)
