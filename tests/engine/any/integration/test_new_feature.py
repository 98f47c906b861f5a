"""`new`: a feature that runs on this database, or a sentence and nothing written."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from hotpath.testing.workspace import Workspace

from ..database import fresh_database
from ..shop import SERVICE

ORDERS = ("orders", "user:belongs_to=users", "amount_cents:int", "status:open|paid")
PROJECT = """[tool.ruff]
line-length = 100
lint.select = ["F", "I"]
"""
SETTINGS = """[pytest]
hotpath_package = shop
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
"""
CONFTEST = 'pytest_plugins = ("hotpath.testing.plugin",)\n'


@pytest.fixture
def place(workspace: Workspace, services: Mapping[str, str], tmp_path: Path) -> Workspace:
    """Return a project of its own with a migrated database."""
    shutil.copytree(SERVICE.folder, tmp_path / "src" / SERVICE.package)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "conftest.py").write_text(CONFTEST)
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "pytest.ini").write_text(SETTINGS)
    empty = Workspace.in_folder(SERVICE, tmp_path).with_variables(services)
    path = os.pathsep.join([str(tmp_path / "src"), os.environ["PYTHONPATH"]])
    url = fresh_database(services, tmp_path)
    return empty.with_variables({"PYTHONPATH": path}).with_settings(DB__URL=url)


def files(place: Workspace) -> dict[str, bytes]:
    """Return what the project has, without what Python leaves behind."""
    return {
        str(path.relative_to(place.folder)): path.read_bytes()
        for path in place.folder.rglob("*.*")
        if path.suffix in {".py", ".toml"}
    }


def test_a_new_feature_passes_its_tests(place: Workspace) -> None:
    place.run("db", "upgrade").check_returncode()

    written = place.run("new", *ORDERS)

    assert written.returncode == 0, written.stderr
    for step in (["db", "upgrade"], ["db", "check"], ["db", "downgrade", "-1"], ["db", "upgrade"]):
        done = place.run(*step)
        assert done.returncode == 0, f"{step}: {done.stdout}{done.stderr}"
    tests = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests/test_orders.py"],
        cwd=place.folder,
        env=place.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert tests.returncode == 0, tests.stdout + tests.stderr
    assert "3 passed" in tests.stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("users", "a:int"), "shop has users already"),
        (("Orders", "a:int"), "'Orders': lower case letters, digits and _ only"),
        (("class", "a:int"), "'class': Python has that word"),
        (("sheep", "a:int"), "'sheep': say its plural"),
        (("lists", "copy:str"), "'copy': Pydantic or SQLAlchemy has that name"),
        (("lists", "id:int"), "'id': every feature has or needs that name"),
        (("lists", "a:varchar"), "varchar is no type; there are str, text, int"),
        (("lists", "a"), "nothing is no type"),
        (("lists", "a:int", "a:str"), "a: a field is there twice"),
        (("lists", "a:x|x"), "a: a choice is there twice"),
        (("lists", "a:x|;"), "a: ';' is no choice"),
        (("lists", "user:belongs_to=users"), "a feature needs a field of its own"),
        (("lists", "a:int", "b:belongs_to=trees"), "there is no table trees"),
        (("l" * 41, "a:int"), "41 letters, at most 40"),
    ],
)
def test_what_cannot_be_is_a_sentence(
    place: Workspace, words: tuple[str, ...], sentence: str
) -> None:
    before = files(place)

    refused = place.run("new", *words)

    assert refused.returncode == 1
    assert sentence in refused.stderr
    assert "Traceback" not in refused.stderr
    assert files(place) == before


def test_nothing_is_left_when_the_database_is_behind(place: Workspace) -> None:
    before = files(place)

    refused = place.run("new", *ORDERS)

    assert refused.returncode == 1
    assert "`shop db` refuses, and nothing is written: " in refused.stderr
    assert files(place) == before


def test_nothing_is_left_when_ruff_refuses(place: Workspace) -> None:
    place.run("db", "upgrade").check_returncode()
    strict = PROJECT.replace('"F", "I"', '"F", "I", "D"')
    (place.folder / "pyproject.toml").write_text(strict + "lint.pydocstyle.convention = 'pep257'\n")
    (place.folder / "tests" / "test_orders.py").unlink(missing_ok=True)
    before = files(place)

    refused = place.run("new", *ORDERS)

    assert refused.returncode == 1
    assert "`ruff check` refuses, and nothing is written: D" in refused.stderr
    assert files(place) == before
