"""SIGTERM while requests are being answered: none is lost, none holds the process for ever."""

import socket
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

import pytest
from hotpath.testing.problems import assert_problem
from hotpath.testing.servers import HOST, answers, client, in_flight, is_draining, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import free_port, wait_until

from package_name.resources import Resources

from ..locks import locked
from ..shop import KINDS
from ..users import add_user, unfinished_request, unique_email

FLUSH_WITHIN_S = 10.0
ENDS_WITHIN_S = 10.0
AT_ONCE_S = 6.0
STOPS = "The service stops; try again."


def new_user() -> dict[str, str]:
    """Return one that nobody added yet."""
    return {"email": unique_email(), "name": "Ada"}


@pytest.mark.parametrize(("kind", "workers"), [*((kind, "1") for kind in KINDS), (KINDS[0], "2")])
async def test_a_request_in_flight_gets_its_answer(
    workspace: Workspace, resources: Resources, kind: str, workers: str
) -> None:
    with (
        serving(workspace.with_settings(SERVER__KIND=kind), "--workers", workers) as server,
        client(server.port) as http,
        ThreadPoolExecutor() as threads,
    ):
        async with locked(resources.db, "users"):
            user = threads.submit(add_user, http)
            assert wait_until(lambda: in_flight(server.port) == 1, FLUSH_WITHIN_S)
            server.program.stop()
            assert wait_until(lambda: not answers(server.port), FLUSH_WITHIN_S)
            assert not user.done()

        assert user.result(ENDS_WITHIN_S)["status"] == "active"
        assert server.program.ends_within(ENDS_WITHIN_S) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_starts_while_connections_of_another_linger(
    workspace: Workspace, kind: str
) -> None:
    port = free_port()
    with socket.create_server((HOST, port)) as another, socket.create_connection((HOST, port)):
        another.accept()[0].close()  # whoever closes first keeps the address in TIME_WAIT

    with serving(workspace.with_settings(SERVER__KIND=kind), port=port) as server:
        assert server.http.get("/healthz").status_code == HTTPStatus.OK


def test_draining_ends_and_a_request_without_end_is_cut(workspace: Workspace) -> None:
    hasty = workspace.with_settings(SERVER__DRAIN_S=0.5, SERVER__SHUTDOWN_S=1)
    with serving(hasty) as server, unfinished_request(server.port):
        assert wait_until(lambda: in_flight(server.port) == 1, FLUSH_WITHIN_S)

        server.program.stop()

        assert wait_until(lambda: is_draining(server.port), FLUSH_WITHIN_S)
        assert server.program.ends_within(ENDS_WITHIN_S) == 0


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_a_second_signal_stops_at_once(
    workspace: Workspace, resources: Resources, workers: str
) -> None:
    with (
        serving(workspace, "--workers", workers) as server,
        client(server.port) as http,
        ThreadPoolExecutor() as threads,
    ):
        async with locked(resources.db, "users"):
            user = threads.submit(http.post, "/users", json=new_user())
            assert wait_until(lambda: in_flight(server.port) == 1, FLUSH_WITHIN_S)
            server.program.stop()
            assert wait_until(lambda: not answers(server.port), FLUSH_WITHIN_S)
            server.program.stop()

            assert server.program.ends_within(AT_ONCE_S) == 0
            assert_problem(user.result(ENDS_WITHIN_S), 503, STOPS)


async def test_a_request_that_takes_longer_than_the_stop_is_told_so(
    workspace: Workspace, resources: Resources
) -> None:
    with (
        serving(workspace.with_settings(SERVER__SHUTDOWN_S=1)) as server,
        client(server.port) as http,
        ThreadPoolExecutor() as threads,
    ):
        async with locked(resources.db, "users"):
            user = threads.submit(http.post, "/users", json=new_user())
            assert wait_until(lambda: in_flight(server.port) == 1, FLUSH_WITHIN_S)
            server.program.stop()

            assert server.program.ends_within(ENDS_WITHIN_S) == 0
            assert_problem(user.result(ENDS_WITHIN_S), 503, STOPS)
