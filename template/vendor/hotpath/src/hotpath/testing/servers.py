"""The real HTTP server on a free port, and a client for it."""

import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path
from typing import get_args

import httpx2

from hotpath.debug.blocking_calls import BLOCKS
from hotpath.observability.shared_values import SUFFIX, is_alive, read_values
from hotpath.service import Service
from hotpath.testing.workspace import Program, Workspace
from hotpath_services.process import free_port, wait_until

__all__ = [
    "Pair",
    "Server",
    "answers",
    "assert_nothing_blocked",
    "client",
    "figure",
    "in_flight",
    "is_draining",
    "is_listening",
    "server_kinds",
    "serving",
    "wait_until",
    "working",
]

HOST = "127.0.0.1"
STARTS_WITHIN_S = 30.0
ANSWERS_WITHIN_S = 20.0
SOON_S = 0.5
BLOCKED = re.compile(rf"(?<![\w.])[\w.]+(?: by \w+)? {BLOCKS} [^\"\x1b\n]*")
SAMPLE = re.compile(r"(?P<name>\w+)(?:\{(?P<labels>.*)\})? (?P<value>\S+)")


@dataclass(frozen=True)
class Server:
    """A server that answers."""

    program: Program
    http: httpx2.Client
    port: int


@dataclass(frozen=True)
class Pair:
    """A server of two processes, and the folder where they share their figures."""

    server: Server
    folder: Path

    def pids_that_counted(self, text: str) -> set[int]:
        """Return the living processes that have a figure, not 0, with `text` in name or labels."""
        return {
            int(file.stem.partition("-")[0])
            for file in self._files()
            if any(any(values) and text.encode() in key for key, values in read_values(file))
        }

    def pids(self) -> set[int]:
        """Return the processes that serve."""
        return {int(file.stem.partition("-")[0]) for file in self._files()}

    def _files(self) -> list[Path]:
        return [*filter(is_alive, self.folder.glob(f"metrics-*/*{SUFFIX}"))]


def server_kinds(service: Service) -> tuple[str, ...]:
    """Return the web servers that the service can run on."""
    section = service.settings_class().model_fields["server"].annotation
    return get_args(section.model_fields["kind"].annotation)  # type: ignore[union-attr]


@contextmanager
def working(workspace: Workspace) -> Iterator[None]:
    """Run a worker until the end of the block, if tasks run in workers."""
    if not workspace.service.has_workers:
        yield
        return
    with workspace.start("worker", "--processes", "1") as worker:
        yield
        assert worker.process.poll() is None, "the worker ended before its time"


@contextmanager
def serving(workspace: Workspace, *options: str, port: int | None = None) -> Iterator[Server]:
    """Run `serve` with `options`, on a free port, until the end of the block.

    Raises:
        AssertionError: it did not start, or, with ASGI, something blocked its event loop.
    """
    port = port or free_port()
    place = _without_blocking_calls(workspace).with_settings(SERVER__PORT=port)
    with place.start("serve", *options) as program:
        wait_until(lambda: answers(port) or program.process.poll() is not None, STARTS_WITHIN_S)
        assert program.process.poll() is None, "the server ended at its start"
        with client(port, is_kept=True) as http:
            yield Server(program, http, port)
    assert_nothing_blocked(program)


def assert_nothing_blocked(program: Program, since: int = 0) -> None:
    """Fail with the calls that blocked its event loop, from this byte of its log on."""
    log = program.log.read_bytes()[since:].decode()
    found = [*dict.fromkeys(BLOCKED.findall(log))]
    assert not found, "\n".join(found)


def _without_blocking_calls(workspace: Workspace) -> Workspace:
    """Have calls fail that would block the event loop, if it has one and no test decides on it."""
    name, service = "SERVER__FORBID_BLOCKING", workspace.service
    is_known = find_spec(service.package) is not None  # else only the server can import it
    if not is_known or service.interface != "hotpath.asgi":
        return workspace
    if service.env_prefix + name in workspace.environment:
        return workspace
    return workspace.with_settings(**{name: True})


def client(
    port: int, timeout_s: float = ANSWERS_WITHIN_S, *, is_kept: bool = False
) -> httpx2.Client:
    """Return a client of a server on this machine.

    Args:
        port: Of the server, which has no TLS.
        timeout_s: Of each step of a request.
        is_kept: Keep connections open; without it each request opens one, and none is left.
    """
    headers = {} if is_kept else {"connection": "close"}
    return httpx2.Client(
        base_url=f"http://{HOST}:{port}", timeout=timeout_s, headers=headers, verify=_tls()
    )


@cache
def _tls() -> ssl.SSLContext:
    """Return what httpx2 wants without TLS too, once: to read its certificates takes 40 ms."""
    return ssl.create_default_context()


def is_draining(port: int) -> bool:
    """Tell whether a process says that it will stop."""
    with client(port) as http:
        response = http.get("/readyz")
    return (response.status_code, response.json()["status"]) == (503, "draining")


def answers(port: int) -> bool:
    """Tell whether a process answers on a new connection, soon."""
    if not is_listening(port):
        return False
    try:
        with client(port, timeout_s=SOON_S) as http:
            return http.get("/healthz").status_code == HTTPStatus.OK
    except httpx2.TransportError:
        return False


def figure(http: httpx2.Client, name: str, /, **labels: str) -> float:
    """Return the sum of a metric's samples that have `labels`; 0 if there is none."""
    wanted = {f'{key}="{value}"' for key, value in labels.items()}
    scrape = http.get("/metrics").raise_for_status()
    samples = filter(None, map(SAMPLE.fullmatch, scrape.text.splitlines()))
    return sum(
        float(sample["value"])
        for sample in samples
        if sample["name"].endswith(name) and wanted <= set((sample["labels"] or "").split(","))
    )


def in_flight(port: int) -> float:
    """Return how many requests are in flight; -1 while no process answers."""
    try:
        with client(port) as fresh:
            return figure(fresh, "http_requests_in_flight") - 1  # the scrape itself
    except httpx2.TransportError:
        return -1


def is_listening(port: int) -> bool:
    """Tell whether new connections are taken."""
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True
