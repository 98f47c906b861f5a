"""The schema: there and back, and the same as the models'."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hotpath.aio.db.sessions import with_connection
from hotpath.testing.migrations import assert_every_migration_can_be_undone
from hotpath.testing.workspace import Workspace
from sqlalchemy import Connection, inspect, text
from typer.testing import Result

from package_name.posts.model import Post
from package_name.users.model import User

from ..copies import copy_of_service
from ..database import fresh_database
from ..shop import SERVICE, invoke

Run = Callable[..., Result]
TABLES = {model.__tablename__ for model in (User, Post)} | {"tasks", "cache_entries", "cache_tags"}


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


@pytest.fixture
def copied(empty: Workspace, tmp_path: Path) -> tuple[Workspace, Path]:
    """Return a place with a copy of the package, and the folder of the copy."""
    return copy_of_service(empty, tmp_path)


def test_a_revision_is_written_from_the_difference(copied: tuple[Workspace, Path]) -> None:
    place, package = copied
    before = set((package / "migrations").glob("*.py"))
    place.run("db", "upgrade").check_returncode()

    result = place.run("db", "revision", "-m", "add a thing")

    assert result.returncode == 0, result.stderr
    [written] = set((package / "migrations").glob("*.py")) - before
    text = written.read_text()
    assert written.stem.endswith("_add_a_thing")
    assert text.startswith('"""add a thing\n')
    assert "op." not in text  # there is no difference
    for check in (["check"], ["format", "--check"]):
        subprocess.run([sys.executable, "-m", "ruff", *check, str(written)], check=True)
    assert place.run("db", "upgrade").returncode == 0
    assert place.run("db", "downgrade", "-1").returncode == 0


def test_revisions_of_one_day_and_name_are_files_of_their_own(
    copied: tuple[Workspace, Path],
) -> None:
    place, package = copied
    for _ in range(2):
        place.run("db", "upgrade").check_returncode()
        place.run("db", "revision", "-m", "the same").check_returncode()

    assert len(list((package / "migrations").glob("*_the_same.py"))) == 2
    assert place.run("db", "upgrade").returncode == 0


def test_two_heads_are_merged(copied: tuple[Workspace, Path]) -> None:
    place, package = copied
    place.run("db", "upgrade").check_returncode()
    place.run("db", "revision", "-m", "one").check_returncode()
    [one] = (package / "migrations").glob("*_one.py")
    revision = one.name.split("_")[1]
    one.with_name("two.py").write_text(one.read_text().replace(revision, "0123456789ab"))

    place.run("db", "upgrade").check_returncode()
    refused = place.run("db", "revision", "-m", "three")
    merged = place.run("db", "merge")

    assert refused.returncode == 1
    assert refused.stderr == "There are several heads: `db merge` joins them.\n"
    assert merged.returncode == 0, merged.stderr
    assert place.run("db", "upgrade").returncode == 0
    assert "nothing to merge" in place.run("db", "merge").stderr


EVERY_TYPE = """

import enum
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from hotpath.db.models import UtcDateTime


class Colour(enum.Enum):
    RED = "red"


class Everything(Base):
    __tablename__ = "everything"

    id: Mapped[Id]
    small: Mapped[int] = mapped_column(sa.SmallInteger, unique=True)
    whole: Mapped[int] = mapped_column(sa.BigInteger, index=True)
    plain: Mapped[int]
    text: Mapped[str | None] = mapped_column(sa.Text)
    short: Mapped[str] = mapped_column(sa.String(20), server_default="none")
    is_good: Mapped[bool] = mapped_column(sa.Boolean, server_default=sa.false())
    share: Mapped[float]
    price: Mapped[Decimal] = mapped_column(sa.Numeric(10, 2))
    day: Mapped[date]
    moment: Mapped[time]
    local: Mapped[datetime] = mapped_column(sa.DateTime)
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lasts: Mapped[timedelta] = mapped_column(sa.Interval)
    data: Mapped[bytes] = mapped_column(sa.LargeBinary)
    extra: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    token: Mapped[UUID]
    colour: Mapped[Colour] = mapped_column(sa.Enum(Colour, name="colour"))
    state: Mapped[str] = mapped_column(sa.Enum("on", "off", name="state"))
"""


def test_every_type_of_a_column_can_be_migrated(copied: tuple[Workspace, Path]) -> None:
    place, package = copied
    place.run("db", "upgrade").check_returncode()
    model = package / "users" / "model.py"
    before = model.read_text()
    model.write_text(before + EVERY_TYPE)

    written = place.run("db", "revision", "-m", "everything")

    assert written.returncode == 0, written.stderr
    for step in (["upgrade"], ["check"], ["downgrade", "-1"], ["upgrade"], ["check"]):
        done = place.run("db", *step)
        assert done.returncode == 0, f"{step}: {done.stdout}{done.stderr}"
    model.write_text(before)
    assert place.run("db", "revision", "-m", "nothing left").returncode == 0
    [dropping] = (package / "migrations").glob("*_nothing_left.py")
    assert "op.drop_table('everything')".replace("'", '"') in dropping.read_text()


def test_a_column_brings_its_enum_with_it(copied: tuple[Workspace, Path]) -> None:
    place, package = copied
    place.run("db", "upgrade").check_returncode()
    model = package / "users" / "model.py"
    mood = '    mood: Mapped[str | None] = mapped_column(sa.Enum("calm", "loud", name="mood"))\n'
    model.write_text("import sqlalchemy as sa\n" + model.read_text() + mood)
    place.run("db", "revision", "-m", "moods").check_returncode()

    for step in (["upgrade"], ["check"], ["downgrade", "-1"], ["upgrade"], ["check"]):
        done = place.run("db", *step)
        assert done.returncode == 0, f"{step}: {done.stdout}{done.stderr}"


ALEMBIC_INI = """[alembic]
script_location = hotpath:migrations
version_locations =
    hotpath:migrations/versions
    {package}:migrations
path_separator = newline
hotpath_package = {package}
"""


def test_alembic_itself_runs_with_a_file_of_its_own(copied: tuple[Workspace, Path]) -> None:
    place, _ = copied
    (place.folder / "alembic.ini").write_text(ALEMBIC_INI.format(package=SERVICE.package))

    def alembic(*arguments: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "alembic", *arguments],
            cwd=place.folder,
            env=place.environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    alembic("upgrade", "heads")

    assert "(head)" in alembic("current")
    assert place.run("db", "check").returncode == 0
    assert len(alembic("heads").splitlines()) == 2


def test_a_default_of_the_database_that_differs_is_seen(copied: tuple[Workspace, Path]) -> None:
    place, package = copied
    place.run("db", "upgrade").check_returncode()
    model = package / "users" / "model.py"
    text = model.read_text()
    model.write_text(text.replace("String(100))", 'String(100), server_default="nobody")'))

    result = place.run("db", "check")

    assert result.returncode == 1
    assert "Models and database differ:" in result.stderr


def test_tables_of_others_are_left_alone(copied: tuple[Workspace, Path]) -> None:
    place, _ = copied
    place.run("db", "upgrade").check_returncode()
    table = text("CREATE TABLE spatial_ref_sys (srid INTEGER PRIMARY KEY)")
    with_connection(place.settings().db, lambda connection: connection.execute(table).close())

    assert place.run("db", "check").returncode == 0


def test_a_table_of_the_engine_is_a_sentence(copied: tuple[Workspace, Path]) -> None:
    place, package = copied
    place.run("db", "upgrade").check_returncode()
    models = package / "users" / "model.py"
    model = "class Own(Base):\n    __tablename__ = 'tasks'\n    id: Mapped[int] = mapped_column("
    text = models.read_text() + model + "primary_key=True)\n"
    models.write_text(text)

    result = place.run("db", "revision", "-m", "own tasks")

    assert result.returncode == 1
    assert result.stderr.endswith("The engine has a table tasks: give yours another name.\n")


def test_a_step_back_from_nothing_is_a_sentence(db: Run) -> None:
    db("upgrade")
    db("downgrade", "base")

    result = db("downgrade", "-1")

    assert result.exit_code == 1
    assert "not so many revisions" in result.stderr


def test_a_revision_needs_a_message(db: Run) -> None:
    assert db("revision", "-m", " ").exit_code == 2


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
