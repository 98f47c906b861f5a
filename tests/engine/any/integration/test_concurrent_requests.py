"""A hundred callers are served at the same time: seen by counting, not by timing."""

from contextlib import ExitStack

from hotpath.testing.servers import in_flight, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until

from ..users import unfinished_request

CALLERS = 100
REST_BYTES = 99_999
SOON_S = 20.0


def test_a_hundred_callers_do_not_queue(workspace: Workspace) -> None:
    """Each has sent half a body; all are inside before the first one sends the rest."""
    rest = b"}".ljust(REST_BYTES)
    place = workspace.with_settings(SERVER__THREADS=CALLERS + 1)
    with serving(place) as server, ExitStack() as stack:
        connections = [stack.enter_context(unfinished_request(server.port)) for _ in range(CALLERS)]

        assert wait_until(lambda: in_flight(server.port) == CALLERS, SOON_S)

        for connection in connections:
            connection.sendall(rest)
        statuses = [connection.recv(12) for connection in connections]

    assert set(statuses) == {b"HTTP/1.1 422"}
