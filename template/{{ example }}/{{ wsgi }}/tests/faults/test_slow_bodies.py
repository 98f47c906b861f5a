"""Clients that do not send what they announced: they may not keep all threads."""

from contextlib import ExitStack

from ..servers import client, serving
from ..users import unfinished_request
from ..workspace import Workspace

THREADS = 2


def test_unfinished_bodies_do_not_keep_the_threads(workspace: Workspace) -> None:
    impatient = workspace.with_settings(SERVER__THREADS=THREADS, SERVER__STREAM_STALL_S=0.5)
    with serving(impatient) as server, ExitStack() as stack:
        for _ in range(THREADS):
            stack.enter_context(unfinished_request(server.port))
        last = stack.enter_context(unfinished_request(server.port))

        with client(server.port) as http:
            assert http.get("/healthz").status_code == 200
        answer = last.recv(4096)

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in answer
