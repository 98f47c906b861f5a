"""The schema: there and back, and the same as the models'."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hotpath.aio.db.alembic import with_connection
from hotpath.testing.migrations import assert_every_migration_can_be_undone
from hotpath.testing.workspace import Workspace
from sqlalchemy import Connection, inspect
from typer.testing import Result

from package_name.features import MODELS

from ..database import fresh_database
from ..shop import SERVICE, invoke

Run = Callable[..., Result]
TABLES = {model.__tablename__ for model in MODELS} | {"tasks", "cache_entries", "cache_tags"}


@pytest.fixture
def empty(workspace: Workspace, services: Mapping[str, str], tmp_path: Path) -> Workspace:
    """Return a place of its own with an empty database."""
    place = Workspace.in_folder(SERVICE, tmp_path).with_variables(services)
    return place.with_settings(DB__URL=fresh_database(services, tmp_path))


@pytest.fixture
def db(empty: Workspace) -> Iterator[Run]:
    """Yield a function that runs `db …` there."""
    with pytest.MonkeyPatch.context() as patch:
        empty.enter(patch)
        yield lambda *arguments: invoke("db", *arguments)


def tables(place: Workspace) -> set[str]:
    """Return the tables of the place's database."""
    found: set[str] = set()

    def look(connection: Connection) -> None:
        found.update(inspect(connection).get_table_names())

    with_connection(place.settings().db, look)
    return found - {"alembic_version"}


def test_the_schema_goes_up_and_down_and_up_again(empty: Workspace, db: Run) -> None:
    assert db("upgrade").exit_code == 0
    assert tables(empty) == TABLES

    assert db("downgrade", "base").exit_code == 0
    assert tables(empty) == set()

    assert db("upgrade").exit_code == 0
    assert tables(empty) == TABLES


def test_every_single_step_can_be_taken_back(empty_database: Workspace) -> None:
    assert_every_migration_can_be_undone(empty_database)


def test_models_and_migrations_agree(db: Run) -> None:
    db("upgrade")

    result = db("check")

    assert result.exit_code == 0, result.output
    assert result.output.endswith("Models and migrations agree.\n")


def test_a_database_that_is_behind_does_not_agree(db: Run) -> None:
    result = db("check")

    assert result.exit_code == 1
    assert "not up to date" in result.output


def test_a_revision_is_written_from_the_difference(empty: Workspace, tmp_path: Path) -> None:
    versions = tmp_path / "src" / SERVICE.package / "migrations"
    shutil.copytree(SERVICE.folder, versions.parent)
    before = set(versions.glob("*.py"))
    path = os.pathsep.join([str(tmp_path / "src"), os.environ["PYTHONPATH"]])
    place = empty.with_variables({"PYTHONPATH": path})
    place.run("db", "upgrade").check_returncode()

    result = place.run("db", "revision", "-m", "add a thing")

    assert result.returncode == 0, result.stderr
    [written] = set(versions.glob("*.py")) - before
    text = written.read_text()
    assert written.stem.endswith("_add_a_thing")
    assert text.startswith('"""add a thing\n')
    assert "op." not in text  # there is no difference
    for check in (["check"], ["format", "--check"]):
        subprocess.run([sys.executable, "-m", "ruff", *check, str(written)], check=True)
    assert place.run("db", "upgrade").returncode == 0
    assert place.run("db", "downgrade", "-1").returncode == 0


@pytest.mark.parametrize("revision", ["nonsense", "9999"])
def test_an_unknown_revision_is_a_sentence(db: Run, revision: str) -> None:
    result = db("upgrade", revision)

    assert result.exit_code == 1
    assert revision in result.output
    assert "Traceback" not in result.output


def test_migrations_are_part_of_the_package(
    empty: Workspace, db: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    assert db("upgrade").exit_code == 0
    assert tables(empty) == TABLES
