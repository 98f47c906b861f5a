"""One set of servers, one database, one HTTP server for all tests of a session."""

from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import httpx2
import pytest
from hotpath.observability.metrics import Metrics
from hotpath_services.testing import temporary_services
from package_name.resources import Resources, open_resources

from .database import fresh_database
from .servers import Pair, Server, serving
from .worker import working
from .workspace import Workspace

ANSWERS_KEPT_S = 60
ABSENCE_KEPT_S = 1


@pytest.fixture(scope="session")
def services() -> Iterator[Mapping[str, str]]:
    """Run the servers this stack needs; yield the variables that lead to them."""
    with temporary_services() as variables:
        yield variables


@pytest.fixture(scope="session")
def workspace(services: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a place to run commands in, with a migrated database."""
    folder = tmp_path_factory.mktemp("workspace")
    given = Workspace.in_folder(folder).with_variables(services)
    ready = given.with_settings(
        DB__URL=fresh_database(services, folder),
        ENVIRONMENT="production",
        SECRET_KEY="a key that only tests know",
        DB__SLOW_QUERY_S="inf",  # one line more on a busy machine would be one too many
        CACHE__TTL_S=ANSWERS_KEPT_S,
        CACHE__ABSENT_TTL_S=ABSENCE_KEPT_S,
    )
    migrated = ready.run("db", "upgrade")
    assert migrated.returncode == 0, migrated.stderr
    return ready


@pytest.fixture(scope="session")
def server(workspace: Workspace) -> Iterator[Server]:
    """Run the server that tests share; whoever stops or freezes it starts one of their own."""
    with working(workspace), serving(workspace) as running:
        yield running


@pytest.fixture(scope="session")
def pair(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Run a server of two processes that tests share."""
    folder = tmp_path_factory.mktemp("pair")
    place = workspace.with_variables({"TMPDIR": str(folder)})
    with serving(place, "--workers", "2") as running:
        yield Pair(running, folder)


@pytest.fixture
def http(server: Server) -> Iterator[httpx2.Client]:
    """Return a client of the shared server; what it logs meanwhile is shown on failure."""
    before = _size(server.program.log)
    yield server.http
    print(server.program.log.read_bytes()[before:].decode())  # noqa: T201


@pytest.fixture
async def resources(workspace: Workspace) -> AsyncIterator[Resources]:
    """Open what a process of the service opens, on the same database, in this process."""
    async with open_resources(workspace.settings(), Metrics()) as opened:
        yield opened


def _size(log: Path) -> int:
    return log.stat().st_size
