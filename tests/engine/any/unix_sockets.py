"""Servers on a Unix socket, and clients of them."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
from hotpath.testing.workspace import Program, Workspace
from hotpath_services.process import wait_until

BASE_URL = "http://shop.test"
STARTS_WITHIN_S = 30.0


def client_of(path: Path) -> httpx2.Client:
    """Return a client of a server on a Unix socket."""
    transport = httpx2.HTTPTransport(uds=str(path), verify=False)  # no certificates to read
    return httpx2.Client(transport=transport, base_url=BASE_URL, timeout=STARTS_WITHIN_S)


def is_listening(path: Path) -> bool:
    """Tell whether a process listens on a path."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


@contextmanager
def serving_on(workspace: Workspace, path: Path, *options: str) -> Iterator[Program]:
    """Run `serve` on a Unix socket until the end of the block."""
    with workspace.start("serve", "--uds", str(path), *options) as program:
        assert wait_until(
            lambda: is_listening(path) or program.process.poll() is not None, STARTS_WITHIN_S
        )
        assert program.process.poll() is None, program.log.read_text()
        yield program
