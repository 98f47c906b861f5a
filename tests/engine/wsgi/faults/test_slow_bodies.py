"""Clients that do not send what they announced: they may not keep all threads."""

import socket
from contextlib import ExitStack

from hotpath.testing.servers import HOST, client, serving
from hotpath.testing.workspace import Workspace

from ..users import HALF_A_REQUEST, unfinished_request

THREADS = 2
SMALL = HALF_A_REQUEST.replace(b"100000", b"100")


def test_unfinished_bodies_do_not_keep_the_threads(workspace: Workspace) -> None:
    impatient = workspace.with_settings(SERVER__THREADS=THREADS, SERVER__BODY_TIMEOUT_S=0.5)
    with serving(impatient) as server, ExitStack() as stack:
        for _ in range(THREADS):
            stack.enter_context(unfinished_request(server.port))
        last = stack.enter_context(unfinished_request(server.port))

        with client(server.port) as http:
            assert http.get("/healthz").status_code == 200
        answer = last.recv(4096)

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in answer


def test_half_of_a_small_body_takes_no_thread(workspace: Workspace) -> None:
    with serving(workspace.with_settings(SERVER__THREADS=1)) as server, ExitStack() as stack:
        for _ in range(THREADS):
            slow = stack.enter_context(socket.create_connection((HOST, server.port)))
            slow.sendall(SMALL)

        with client(server.port, timeout_s=10) as http:  # a body may stall for 30 s
            assert http.get("/healthz").status_code == 200


def test_half_of_a_small_body_is_refused_in_time(workspace: Workspace) -> None:
    impatient = workspace.with_settings(SERVER__BODY_TIMEOUT_S=0.5)
    with (
        serving(impatient) as server,
        socket.create_connection((HOST, server.port), timeout=20) as slow,
    ):
        slow.sendall(SMALL)
        answer = slow.recv(4096)

    assert answer.startswith(b"HTTP/1.1 408 ")
