"""The servers that tests and the development loop run on; a stack may need none."""

import contextlib
import os
import shutil
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
from hotpath_services import ServiceError, servers_of
from hotpath_services.commands import app
from hotpath_services.homes import home_of
from hotpath_services.process import END_WITHIN_S, free_port
from hotpath_services.records import Record, exclusive, read_records, write_records
from hotpath_services.testing import temporary_service, temporary_services
from typer.testing import CliRunner, Result

from ..new_data import give_new_data
from ..shop import SERVICE

KINDS = servers_of(SERVICE)
Services = Callable[..., Result]

RUN_UNTIL_KILLED = f"""
from hotpath.service import Service
from {temporary_services.__module__} import temporary_services
with temporary_services(Service({SERVICE.package!r})) as urls:
    print(*urls.values(), flush=True)
    input()
"""
TAKE_A_PORT = f"""
from {free_port.__module__} import free_port
print(free_port(), flush=True)
input()
"""


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the URLs that this session's own servers may have been announced with."""
    for kind in KINDS:
        for variable in (*kind.variables, kind.test_variable):
            monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def new_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """Yield a function that runs `services …` in a project that has nothing yet."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, arguments, obj=SERVICE)

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
    with temporary_services(SERVICE) as urls:
        assert list(urls) == [name for kind in KINDS for name in kind.variables]
        ports = {kind: port_of(urls[kind.variables[0]]) for kind in KINDS}
        assert all(kind.answers(port) for kind, port in ports.items())

    assert not any(kind.answers(port) for kind, port in ports.items())


def test_servers_end_when_a_test_fails() -> None:
    for kind in KINDS:
        with pytest.raises(ZeroDivisionError), temporary_service(kind) as running:
            raise ZeroDivisionError

        assert not kind.answers(port_of(running.url))


def test_a_frozen_server_is_thawed_to_end_in_order() -> None:
    for kind in KINDS:
        with temporary_service(kind) as running:
            assert running.pid is not None
            os.kill(running.pid, signal.SIGSTOP)
            ending = time.monotonic()

        assert time.monotonic() - ending < END_WITHIN_S
        assert not kind.answers(port_of(running.url))


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

    assert len(connections) == sum(len(kind.variables) for kind in KINDS)
    for connection in connections:
        with connection:
            assert connection.recv(1) == b""


def test_a_given_server_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, str] = {}
    for kind in KINDS:
        monkeypatch.setenv(kind.test_variable, f"test://{kind.name}")
        given |= kind.variables_for(f"test://{kind.name}")

    with temporary_services(SERVICE) as urls:
        assert given == urls


def test_a_killed_server_is_replaced_on_its_port() -> None:
    for kind in KINDS:
        with temporary_service(kind) as running:
            assert running.pid is not None
            kill(running.pid, port_of(running.url))
            with temporary_service(kind, port_of(running.url)) as replacement:
                assert running.url == replacement.url
                assert kind.answers(port_of(running.url))


def test_a_port_given_to_another_process_is_not_given_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = [sys.executable, "-c", TAKE_A_PORT]
    with subprocess.Popen(held, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        taken, ours = int(other.stdout.readline()), free_port()
        choices = iter([taken, ours])
        monkeypatch.setattr("hotpath_services.process.secrets.choice", lambda _: next(choices))

        assert free_port() == ours
        other.communicate("\n")


def test_a_server_that_ends_at_once_shows_its_log() -> None:
    for kind in KINDS:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            with (
                pytest.raises(ServiceError, match=r"(?is)ended at once.*address already in use"),
                temporary_service(kind, port),
            ):
                pass


def test_up_status_and_down(new_project: Services) -> None:
    services = new_project
    services_env = Path(".dev/services.env")
    assert (3 if KINDS else 0) == services("status").exit_code

    assert services("up").exit_code == 0
    lines = services_env.read_text().splitlines() if KINDS else []
    url_by_variable = dict(line.split("=", 1) for line in lines)
    assert list(url_by_variable) == [name for kind in KINDS for name in kind.variables]
    for kind in KINDS:
        assert all(kind.answers(port_of(url_by_variable[name])) for name in kind.variables)
    assert services("status").exit_code == 0

    assert services("down").exit_code == 0
    assert not services_env.exists()
    assert (3 if KINDS else 0) == services("status").exit_code
    for kind in KINDS:
        assert not any(kind.answers(port_of(url_by_variable[name])) for name in kind.variables)


def test_up_says_what_runs_already(services: Services) -> None:
    services("up")
    before = records()

    again = services("up")

    expected = [f"{kind.name} is running already" for kind in KINDS]
    assert all(sentence in again.output for sentence in expected)
    assert ("This stack needs no services." in again.output) == (not KINDS)
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

    assert (3 if KINDS else 0) == services("status").exit_code
    assert services("up").exit_code == 0
    assert services("status").exit_code == 0


def test_a_pid_that_another_program_has_now_is_left_alone(services: Services) -> None:
    services("up")
    services("down")
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as stranger:
        stale = {name: replace(record, pid=stranger.pid) for name, record in records().items()}
        with exclusive(Path.cwd()) as folder:
            write_records(folder, stale)
            for kind in KINDS:
                home_of(kind.name, folder).lock.write_text(f"{stranger.pid}\n")

        assert services("down").exit_code == 0
        assert stranger.poll() is None
        assert (3 if KINDS else 0) == services("status").exit_code


def test_a_server_whose_folder_was_deleted_is_started_anew(services: Services) -> None:
    assert services("up").exit_code == 0
    shutil.rmtree(".dev", ignore_errors=True)  # there is none without services

    started = services("up")

    assert started.exit_code == 0, started.output
    assert services("status").exit_code == 0


def test_a_server_is_stopped_even_if_its_record_is_lost(services: Services) -> None:
    services("up")
    ports = {kind: records()[kind.name].port for kind in KINDS}
    with exclusive(Path.cwd()) as folder:
        write_records(folder, {})

    assert (1 if KINDS else 0) == services("up").exit_code
    assert services("down").exit_code == 0
    assert not any(kind.answers(port) for kind, port in ports.items())


def test_data_is_deleted_only_after_a_yes(services: Services) -> None:
    services("up")

    assert services("down", "--delete-data").exit_code == 1
    homes = [Path(".dev", kind.name) for kind in KINDS]
    assert all((home / "data").is_dir() for home in homes)
    assert services("status").exit_code == 0

    assert services("down", "--delete-data", "--yes").exit_code == 0
    assert not any(home.exists() or home.is_symlink() for home in homes)


def test_a_given_url_is_used_and_its_password_never_shown(services: Services) -> None:
    names = [name for kind in KINDS for name in kind.variables]
    lines = [f'{name}="any://me:secret@127.0.0.1:1/x"\n' for name in names]
    Path(".env").write_text("".join(lines))

    up = services("up")
    status = services("status")

    assert up.exit_code == 0
    assert len(KINDS) == up.output.count("nothing to start, using any://me:***@127.0.0.1:1/x")
    assert "secret" not in up.output + status.output
    assert records() == {}
