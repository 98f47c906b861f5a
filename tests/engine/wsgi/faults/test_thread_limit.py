"""Threads that compute do not keep the event loop waiting; those that wait hold nobody up."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from hotpath.server.shedding import LEAST
from hotpath.testing.servers import Server, figure, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until

from ..insistent_clients import InsistentClient, stop_all
from ..profiles import planted

CLIENTS = 60
MOST_COMPUTING = 4
"""Two compute; the limit is a little higher now and then, to see whether more would help."""
WITHIN_S = 30.0


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


def test_few_compute_and_many_wait(burning: Server) -> None:
    def limit() -> float:
        return figure(burning.http, "threads_limit")

    assert limit() == LEAST
    with asked_by_many(burning, "/slow"):  # most of its time it waits
        assert wait_until(lambda: limit() > LEAST, WITHIN_S)
    with asked_by_many(burning, "/burn"):  # most of its time it computes
        assert wait_until(lambda: figure(burning.http, "threads_busy") >= 2, WITHIN_S)
        assert wait_until(lambda: limit() <= MOST_COMPUTING, WITHIN_S)
    assert wait_until(lambda: limit() == LEAST, WITHIN_S)
