"""A pytest plugin: one set of servers, one database and one HTTP server for a session.

    # conftest.py
    pytest_plugins = ("hotpath.testing.plugin",)

    # pyproject.toml
    [tool.pytest.ini_options]
    hotpath_package = "shop"

A test takes `http`, a client of the running service; `server` adds its process, `pair` has two
processes, `workspace` runs commands. A `conftest.py` overrides `service_settings` to have the
service run with other settings.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx2
import pytest

from hotpath.service import Service
from hotpath.testing.databases import fresh_database
from hotpath.testing.hot_routes import BothServers, serving_both
from hotpath.testing.in_process import InProcessClient, open_in_process
from hotpath.testing.servers import Pair, Server, assert_nothing_blocked, serving, working
from hotpath.testing.workspace import Workspace
from hotpath_services.testing import temporary_services

TTL_S = 60
ABSENT_TTL_S = 1
WITH_ASSERTIONS = ("hotpath.testing.migrations", "hotpath.testing.problems")

# Only what is imported later can show the values of a failed assertion, as tests do.
pytest.register_assert_rewrite(*(name for name in WITH_ASSERTIONS if name not in sys.modules))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names the service."""
    parser.addini("hotpath_package", "the package of the service that is tested")


def pytest_configure(config: pytest.Config) -> None:
    """Add the marker of tests that a quick run leaves out."""
    config.addinivalue_line("markers", "slow: starts servers of its own; `nox -s quick` skips it")


@pytest.fixture(scope="session")
def service(pytestconfig: pytest.Config) -> Service:
    """Return the service that is tested."""
    package = pytestconfig.getini("hotpath_package")
    if not package:
        raise pytest.UsageError("Set `hotpath_package` in [tool.pytest.ini_options].")
    return Service(str(package))


@pytest.fixture(scope="session")
def services(service: Service) -> Iterator[Mapping[str, str]]:
    """Run the servers this stack needs; yield the variables that lead to them."""
    with temporary_services(service) as variables:
        yield variables


@pytest.fixture(scope="session")
def service_settings() -> Mapping[str, object]:
    """Return the settings that the service runs with; a project's `conftest.py` may override it."""
    return {
        "ENVIRONMENT": "production",
        "SECRET_KEY": "a key that only tests know",
        "DB__SLOW_QUERY_S": "inf",  # a line more in the log of a busy machine would fail a test
        "CACHE__TTL_S": TTL_S,
        "CACHE__ABSENT_TTL_S": ABSENT_TTL_S,
    }


@pytest.fixture(scope="session")
def workspace(
    service: Service,
    services: Mapping[str, str],
    service_settings: Mapping[str, object],
    tmp_path_factory: pytest.TempPathFactory,
) -> Workspace:
    """Return a workspace with a migrated database."""
    folder = tmp_path_factory.mktemp("workspace")
    place = Workspace.in_folder(service, folder).with_variables(services)
    url = fresh_database(service, services, folder)
    ready = place.with_settings(DB__URL=url, **service_settings)
    migrated = ready.run("db", "upgrade")
    assert migrated.returncode == 0, migrated.stderr
    return ready


@pytest.fixture
def empty_database(workspace: Workspace, services: Mapping[str, str], tmp_path: Path) -> Workspace:
    """Return a workspace whose database is empty, not even migrated."""
    place = Workspace.in_folder(workspace.service, tmp_path)
    variables = {**workspace.environment, "TMPDIR": str(tmp_path)}
    url = fresh_database(workspace.service, services, tmp_path)
    return place.with_variables(variables).with_settings(DB__URL=url)


@pytest.fixture(scope="session")
def both_servers(
    workspace: Workspace, services: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BothServers]:
    """Run a server with hot routes and one without, on one database of their own."""
    url = fresh_database(workspace.service, services, tmp_path_factory.mktemp("both"))
    place = workspace.with_settings(DB__URL=url)
    assert place.run("db", "upgrade").returncode == 0
    with serving_both(place) as both:
        yield both


@pytest.fixture(scope="session")
def server(workspace: Workspace) -> Iterator[Server]:
    """Run the server that tests share; a test that stops or freezes one starts its own."""
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
    """Return a client of the shared server; what it logs meanwhile is shown on failure.

    With ASGI, a test during which something blocked the event loop fails.
    """
    before = server.program.log.stat().st_size
    yield server.http
    print(server.program.log.read_bytes()[before:].decode())  # noqa: T201 - pytest captures it
    assert_nothing_blocked(server.program, since=before)


@pytest.fixture(scope="session")
def in_process(workspace: Workspace) -> Iterator[InProcessClient]:
    """Return a client of the application in this process, which counts statements."""
    with open_in_process(workspace) as client:
        yield client
