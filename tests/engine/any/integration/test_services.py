"""The servers that tests and the development loop run on; a stack may need none."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hotpath_services import ServiceError, discover
from hotpath_services.commands import app
from hotpath_services.homes import home_of
from hotpath_services.process import END_WITHIN_S
from hotpath_services.records import Record, exclusive, read_records, write_records
from hotpath_services.testing import temporary_service, temporary_services
from typer.testing import CliRunner, Result

from ..new_data import give_new_data

SERVICES = discover()
Services = Callable[..., Result]

RUN_UNTIL_KILLED = f"""
from {temporary_services.__module__} import temporary_services
with temporary_services() as urls:
    print(*urls.values(), flush=True)
    input()
"""


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the URLs that this session's own servers may have been announced with."""
    for service in SERVICES:
        for variable in (*service.variables, service.test_variable):
            monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def new_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """Yield a function that runs `services …` in a project that has nothing yet."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, arguments)

    yield run
    assert run("down", "--delete-data", "--yes").exit_code == 0


@pytest.fixture
def services(new_project: Services) -> Services:
    """Return a function that runs `services …` in a project whose services have new data."""
    give_new_data(Path.cwd())
    return new_project


def port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def kill(pid: int, port: int) -> None:
    """Kill a server without warning and wait until it has let go of its connections."""
    with connect(port) as connection:
        os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ConnectionResetError):
            connection.recv(1)


def records() -> dict[str, Record]:
    return read_records(Path(".dev"))


def test_temporary_services_answer_and_are_gone_afterwards() -> None:
    with temporary_services() as urls:
        assert list(urls) == [name for service in SERVICES for name in service.variables]
        ports = {service: port_of(urls[service.variables[0]]) for service in SERVICES}
        assert all(service.answers(port) for service, port in ports.items())

    assert not any(service.answers(port) for service, port in ports.items())


def test_servers_end_when_a_test_fails() -> None:
    for service in SERVICES:
        with pytest.raises(ZeroDivisionError), temporary_service(service) as running:
            raise ZeroDivisionError

        assert not service.answers(port_of(running.url))


def test_a_frozen_server_is_thawed_to_end_in_order() -> None:
    for service in SERVICES:
        with temporary_service(service) as running:
            assert running.pid is not None
            os.kill(running.pid, signal.SIGSTOP)
            ending = time.monotonic()

        assert time.monotonic() - ending < END_WITHIN_S
        assert not service.answers(port_of(running.url))


def test_servers_end_with_a_killed_test_run() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", RUN_UNTIL_KILLED],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout is not None
        connections = [connect(port_of(url)) for url in run.stdout.readline().split()]
        run.kill()

    assert len(connections) == sum(len(service.variables) for service in SERVICES)
    for connection in connections:
        with connection:
            assert connection.recv(1) == b""


def test_a_given_server_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, str] = {}
    for service in SERVICES:
        monkeypatch.setenv(service.test_variable, f"test://{service.name}")
        given |= service.variables_for(f"test://{service.name}")

    with temporary_services() as urls:
        assert given == urls


def test_a_killed_server_is_replaced_on_its_port() -> None:
    for service in SERVICES:
        with temporary_service(service) as running:
            assert running.pid is not None
            kill(running.pid, port_of(running.url))
            with temporary_service(service, port_of(running.url)) as replacement:
                assert running.url == replacement.url
                assert service.answers(port_of(running.url))


def test_a_server_that_ends_at_once_shows_its_log() -> None:
    for service in SERVICES:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            with (
                pytest.raises(ServiceError, match=r"(?is)ended at once.*address already in use"),
                temporary_service(service, port),
            ):
                pass


def test_up_status_and_down(new_project: Services) -> None:
    services = new_project
    services_env = Path(".dev/services.env")
    assert (3 if SERVICES else 0) == services("status").exit_code

    assert services("up").exit_code == 0
    lines = services_env.read_text().splitlines() if SERVICES else []
    url_by_variable = dict(line.split("=", 1) for line in lines)
    assert list(url_by_variable) == [name for service in SERVICES for name in service.variables]
    for service in SERVICES:
        assert all(service.answers(port_of(url_by_variable[name])) for name in service.variables)
    assert services("status").exit_code == 0

    assert services("down").exit_code == 0
    assert not services_env.exists()
    assert (3 if SERVICES else 0) == services("status").exit_code
    for service in SERVICES:
        assert not any(
            service.answers(port_of(url_by_variable[name])) for name in service.variables
        )


def test_up_says_what_runs_already(services: Services) -> None:
    services("up")
    before = records()

    again = services("up")

    expected = [f"{service.name} is running already" for service in SERVICES]
    assert all(sentence in again.output for sentence in expected)
    assert ("This stack needs no services." in again.output) == (not SERVICES)
    assert before == records()


def test_a_service_keeps_its_port(services: Services) -> None:
    services("up")
    before = {name: record.port for name, record in records().items()}

    services("down")
    services("up")

    assert before == {name: record.port for name, record in records().items()}


def test_a_killed_server_is_noticed_and_started_again(services: Services) -> None:
    services("up")
    for record in records().values():
        assert record.pid is not None
        kill(record.pid, record.port)

    assert (3 if SERVICES else 0) == services("status").exit_code
    assert services("up").exit_code == 0
    assert services("status").exit_code == 0


def test_a_pid_that_another_program_has_now_is_left_alone(services: Services) -> None:
    services("up")
    services("down")
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as stranger:
        stale = {name: replace(record, pid=stranger.pid) for name, record in records().items()}
        with exclusive(Path.cwd()) as folder:
            write_records(folder, stale)
            for service in SERVICES:
                home_of(service.name, folder).lock.write_text(f"{stranger.pid}\n")

        assert services("down").exit_code == 0
        assert stranger.poll() is None
        assert (3 if SERVICES else 0) == services("status").exit_code


def test_a_server_is_stopped_even_if_its_record_is_lost(services: Services) -> None:
    services("up")
    ports = {service: records()[service.name].port for service in SERVICES}
    with exclusive(Path.cwd()) as folder:
        write_records(folder, {})

    assert (1 if SERVICES else 0) == services("up").exit_code
    assert services("down").exit_code == 0
    assert not any(service.answers(port) for service, port in ports.items())


def test_data_is_deleted_only_after_a_yes(services: Services) -> None:
    services("up")

    assert services("down", "--delete-data").exit_code == 1
    homes = [Path(".dev", service.name) for service in SERVICES]
    assert all((home / "data").is_dir() for home in homes)
    assert services("status").exit_code == 0

    assert services("down", "--delete-data", "--yes").exit_code == 0
    assert not any(home.exists() or home.is_symlink() for home in homes)


def test_a_given_url_is_used_and_its_password_never_shown(services: Services) -> None:
    names = [name for service in SERVICES for name in service.variables]
    lines = [f'{name}="any://me:secret@127.0.0.1:1/x"\n' for name in names]
    Path(".env").write_text("".join(lines))

    up = services("up")
    status = services("status")

    assert up.exit_code == 0
    assert len(SERVICES) == up.output.count("nothing to start, using any://me:***@127.0.0.1:1/x")
    assert "secret" not in up.output + status.output
    assert records() == {}
