"""Valkey as a service: what it keeps."""

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hotpath_services.development import down, up
from hotpath_services.records import read_records
from hotpath_services.testing import temporary_service
from hotpath_services.valkey import Valkey

from ..shop import SERVICE


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for variable in Valkey(SERVICE).variables:
        monkeypatch.delenv(variable, raising=False)
    yield tmp_path
    list(down(SERVICE, tmp_path, deletes_data=True))


def ask(url: str, command: str) -> str:
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as connection:
        connection.sendall(f"{command}\r\n".encode())
        return connection.recv(4096).decode()


def development_url(project: Path) -> str:
    return read_records(project / ".dev")[Valkey(SERVICE).name].url


def test_keys_outlive_down_and_up(project: Path) -> None:
    list(up(SERVICE, project))
    assert ask(development_url(project), "SET kept 42") == "+OK\r\n"

    list(down(SERVICE, project))
    list(up(SERVICE, project))

    assert ask(development_url(project), "GET kept") == "$2\r\n42\r\n"


def test_a_temporary_server_writes_nothing() -> None:
    with temporary_service(Valkey(SERVICE)) as running:
        assert ask(running.url, "CONFIG GET appendonly").endswith("$2\r\nno\r\n")
        assert ask(running.url, "CONFIG GET save").endswith("$0\r\n\r\n")


def test_a_server_is_reached_from_this_machine_only() -> None:
    with temporary_service(Valkey(SERVICE)) as running:
        assert ask(running.url, "CONFIG GET bind").endswith("$9\r\n127.0.0.1\r\n")
