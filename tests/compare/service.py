"""A started system: when it first answered, where its pages are, and what a workload costs it."""

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from .cores import CompareError, Cores
from .exports import send_exports
from .load import Load, Page, send
from .paced import send_paced
from .processes import Processes, running
from .recipes import LIBRARIES, service_environment
from .stores import Places
from .systems import Start, System
from .workloads import Workload

READY_WITHIN_S = 60
POLL_S = 0.005
PAGES = 100
HOST = "127.0.0.1"
WITH_LIBRARIES = Path(__file__).with_name("with_libraries.py")


@dataclass
class Service:
    """A service that answers."""

    system: System
    processes: Processes
    port: int
    first_200_s: float
    pages: Sequence[Page]
    cores: Cores

    def warm(self, workload: Workload, seed: int) -> None:
        """Load it before it is measured, so that caches and pools are full."""
        if workload.is_warmed:
            self._wrk(workload, seed, 1)
            self.processes.settle()

    def measure(self, workload: Workload, seed: int, seconds: int, rate: float) -> Load:
        """Load it; `rate` is for the paced sender."""
        seconds *= workload.seconds
        if workload.sender == "exports":
            return send_exports(HOST, self.port, self.system.paths.users, seconds=seconds)
        if workload.sender == "paced":
            path = self.system.paths.users
            return send_paced(HOST, self.port, path, rate=rate, seconds=seconds, seed=seed)
        return self._wrk(workload, seed, seconds)

    def _wrk(self, workload: Workload, seed: int, seconds: int) -> Load:
        paths = self.system.paths
        special = {"W2": paths.cached, "W2r": paths.in_redis, "W7": paths.health}
        return send(
            workload,
            f"http://{HOST}:{self.port}",
            special.get(workload.id, paths.users),
            pages=self.pages,
            seed=seed,
            seconds=seconds,
            cores=self.cores,
        )


@contextmanager
def served(
    system: System, start: Start, folder: Path, places: Places, cores: Cores
) -> Iterator[Service]:
    """Run a system until it answers; end it afterwards.

    Args:
        folder: Where what has to be made was made, each recipe in a folder of its name.
    """
    port = free_port()
    project = folder / start.recipe.name
    command = list(start.recipe.command(project, port))
    if start.loads_libraries_of:
        libraries = folder / start.loads_libraries_of
        python = str(libraries / ".venv" / "bin" / "python")
        command = [python, str(WITH_LIBRARIES), str(libraries / LIBRARIES), *command[1:]]
    variables = service_environment(start.recipe, places, port) | dict(start.variables)
    on = cores.all if start.has_all_cores else cores.service
    began = time.perf_counter()
    with running(command, project, variables, on) as processes:
        url = f"http://{HOST}:{port}"
        wait_for_200(url + system.paths.health, processes)
        first_200_s = time.perf_counter() - began
        needs_pages = "W3" in start.workloads
        pages = find_pages(url, system) if needs_pages else ()
        yield Service(system, processes, port, first_200_s, pages, cores)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def wait_for_200(url: str, processes: Processes) -> None:
    """Ask until the answer is 200.

    Raises:
        CompareError: it ended, or is not there in time.
    """
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline and processes.is_running:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                if answer.status == HTTPStatus.OK:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(POLL_S)
    raise CompareError(f"{url} did not answer 200 within {READY_WITHIN_S} s")


def find_pages(url: str, system: System) -> list[Page]:
    """Return places of pages: by id, or by the cursors that pages give."""
    if not system.paths.has_cursors:
        return [Page(f"after={place}", place + 1) for place in range(199, 200 * PAGES, 200)]
    found: list[Page] = []
    place = ""
    for number in range(PAGES):
        with urllib.request.urlopen(f"{url}{system.paths.users}?limit=200{place}") as answer:
            cursor = json.load(answer)["next_cursor"]
        place = f"&cursor={cursor}"
        found.append(Page(place[1:], 200 * (number + 1) + 1))
    return found
