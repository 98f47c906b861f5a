"""The schema: there and back, and the same as the models'."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hotpath.aio.db.alembic import with_connection
from hotpath.cli import app
from hotpath.testing.workspace import Workspace
from sqlalchemy import Connection, inspect
from typer.testing import CliRunner, Result

from package_name.features import MODELS

from ..database import fresh_database
from ..shop import SERVICE

Run = Callable[..., Result]
TABLES = {model.__tablename__ for model in MODELS}


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
        yield lambda *arguments: CliRunner().invoke(app, ["db", *arguments])


def tables(place: Workspace) -> set[str]:
    """Return the tables of the place's database."""
    found: set[str] = set()

    def look(connection: Connection) -> None:
        found.update(inspect(connection).get_table_names())

    with_connection(place.settings().db, look)
    return found - {"alembic_version"}


def indices(place: Workspace) -> set[str]:
    """Return the indices of the place's database."""
    found: set[str] = set()

    def look(connection: Connection) -> None:
        by_table = inspect(connection).get_multi_indexes()
        found.update(str(index["name"]) for of_table in by_table.values() for index in of_table)

    with_connection(place.settings().db, look)
    return found


def test_the_schema_goes_up_and_down_and_up_again(empty: Workspace, db: Run) -> None:
    assert db("upgrade").exit_code == 0
    assert tables(empty) == TABLES

    assert db("downgrade", "base").exit_code == 0
    assert tables(empty) == set()

    assert db("upgrade").exit_code == 0
    assert tables(empty) == TABLES


def test_every_single_step_can_be_taken_back(empty: Workspace, db: Run) -> None:
    for _ in (empty.folder / "migrations" / "versions").glob("*.py"):
        assert db("upgrade", "+1").exit_code == 0
        before = tables(empty) | indices(empty)
        assert db("downgrade", "-1").exit_code == 0
        assert tables(empty) | indices(empty) != before
        assert db("upgrade", "+1").exit_code == 0
        assert tables(empty) | indices(empty) == before
    assert tables(empty) == TABLES


def test_models_and_migrations_agree(db: Run) -> None:
    db("upgrade")

    result = db("check")

    assert result.exit_code == 0, result.output
    assert result.output.endswith("Models and migrations agree.\n")


def test_a_database_that_is_behind_does_not_agree(db: Run) -> None:
    result = db("check")

    assert result.exit_code == 1
    assert "not up to date" in result.output


def test_a_revision_is_written_from_the_difference(empty: Workspace, db: Run) -> None:
    versions = empty.folder / "migrations" / "versions"
    db("upgrade")
    before = set(versions.glob("*.py"))

    result = db("revision", "-m", "add a thing")

    [written] = set(versions.glob("*.py")) - before
    text = written.read_text()
    assert result.exit_code == 0
    assert written.stem.endswith("_add_a_thing")
    assert text.startswith('"""add a thing\n')
    assert "op." not in text  # there is no difference
    for check in (["check"], ["format", "--check"]):
        subprocess.run([sys.executable, "-m", "ruff", *check, str(written)], check=True)
    assert db("upgrade").exit_code == 0
    assert db("downgrade", "-1").exit_code == 0


@pytest.mark.parametrize("revision", ["nonsense", "9999"])
def test_an_unknown_revision_is_a_sentence(db: Run, revision: str) -> None:
    result = db("upgrade", revision)

    assert result.exit_code == 1
    assert revision in result.output
    assert "Traceback" not in result.output


def test_a_folder_without_migrations_is_a_sentence(
    db: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    result = db("upgrade")

    assert result.exit_code == 1
    assert "run this in the project's folder" in result.output
