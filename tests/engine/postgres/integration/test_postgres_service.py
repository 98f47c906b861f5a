"""PostgreSQL as a service: what it keeps, what it recovers from, and databases for tests."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hotpath_services import RunningService, ServiceError
from hotpath_services.development import down, up
from hotpath_services.homes import home_of
from hotpath_services.postgres import Postgres, create_database
from hotpath_services.records import read_records
from hotpath_services.sources import wheel_program
from hotpath_services.testing import temporary_service

from ..new_data import give_new_data
from ..shop import SERVICE


@pytest.fixture(scope="module")
def running() -> Iterator[RunningService]:
    with temporary_service(Postgres(SERVICE)) as running:
        yield running


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for variable in Postgres(SERVICE).variables:
        monkeypatch.delenv(variable, raising=False)
    give_new_data(tmp_path)
    yield tmp_path
    list(down(SERVICE, tmp_path, deletes_data=True))


def query(url: str, sql: str) -> str:
    program = wheel_program(Postgres)
    assert program is not None
    psql = [str(program.with_name("psql")), url, "--no-psqlrc", "--tuples-only", "--no-align"]
    done = subprocess.run([*psql, "-c", sql], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def development_url(project: Path) -> str:
    return read_records(project / ".dev")[Postgres(SERVICE).name].url


def test_rows_outlive_down_and_up(project: Path) -> None:
    list(up(SERVICE, project))
    query(development_url(project), "CREATE TABLE kept AS SELECT 42 AS number")

    list(down(SERVICE, project))
    list(up(SERVICE, project))

    assert query(development_url(project), "SELECT number FROM kept") == "42"


def test_a_pid_file_of_a_dead_server_does_not_keep_a_new_one_from_starting(project: Path) -> None:
    list(up(SERVICE, project))
    data = home_of(Postgres(SERVICE).name, project / ".dev").data
    pid_file = data / "postmaster.pid"
    lines = pid_file.read_text().splitlines(keepends=True)
    list(down(SERVICE, project))

    owner = data.stat()
    with subprocess.Popen(
        ["cat"], stdin=subprocess.PIPE, user=owner.st_uid if os.geteuid() == 0 else None
    ) as stranger:
        pid_file.write_text("".join([f"{stranger.pid}\n", *lines[1:]]))
        os.chown(pid_file, owner.st_uid, owner.st_gid)
        list(up(SERVICE, project))

    assert query(development_url(project), "SELECT 1") == "1"


def test_development_data_survives_a_power_cut_and_test_data_need_not(
    running: RunningService, project: Path
) -> None:
    list(up(SERVICE, project))

    assert query(development_url(project), "SHOW fsync") == "on"
    assert query(running.url, "SHOW fsync") == "off"


def test_a_new_database_is_empty_and_apart(running: RunningService) -> None:
    url = create_database(running.url, "first one")
    query(url, "CREATE TABLE mine (id int)")

    other = create_database(running.url, "second")

    assert query(url, "SELECT to_regclass('mine')") == "mine"
    assert query(other, "SELECT to_regclass('mine')") == ""


def test_a_url_for_a_driver_stays_one(running: RunningService) -> None:
    url = create_database(running.url.replace("://", "+psycopg://"), "for_driver")

    assert url.startswith("postgresql+psycopg://")
    assert url.endswith("/for_driver")


def test_a_taken_name_is_refused(running: RunningService) -> None:
    create_database(running.url, "taken")

    with pytest.raises(ServiceError, match="already exists"):
        create_database(running.url, "taken")


def test_letters_of_all_languages_have_lower_case(running: RunningService) -> None:
    assert query(running.url, "SELECT lower('ÅÉИ')") == "åéи"
