"""Paths of SQLite's file: one that can be made works, any other is a sentence."""

from pathlib import Path

import pytest
from hotpath.aio.db.engine import database_url
from hotpath.testing.workspace import Workspace

from ..odd_settings import refusal, refused, settings_of
from ..shop import PREFIX, SERVICE

FILE = "must be sqlite:/// and the path of a file, without ? and #"
FOLDER = "the folder of its file does not exist"
BAD = (
    ("sqlite:", "must start with sqlite:///"),
    ("sqlite://app.db", "must start with sqlite:///"),
    ("sqlite3:///app.db", "must start with sqlite:///"),
    ("file:app.db", "must start with sqlite:///"),
    ("app.db", "must start with sqlite:///"),
    ("sqlite:///", FILE),
    ("sqlite:///:memory:", FILE),
    ("sqlite:///app.db?mode=ro", FILE),
    ("sqlite:///app.db#1", FILE),
    ("sqlite:///app\n.db", FILE),
    ("sqlite:///nowhere/app.db", FOLDER),
    ("sqlite:////nowhere/app.db", FOLDER),
    (f"sqlite:///{'d' * 300}/app.db", FOLDER),
    ("sqlite:////tmp", "is a folder: it must name a file"),
    ("sqlite:///.", "is a folder: it must name a file"),
)


@pytest.mark.parametrize(("url", "why"), BAD)
def test_what_is_no_path_of_a_file_is_a_sentence(tmp_path: Path, url: str, why: str) -> None:
    assert refused(tmp_path, DB__URL=url) == f"{PREFIX}DB__URL: {why}"


@pytest.mark.parametrize("name", ["a b.db", "ü №.db", "100%.db", "a@b:c.db", "..db", "%20"])
def test_a_path_is_taken_as_it_is(tmp_path: Path, name: str) -> None:
    settings = settings_of(tmp_path, DB__URL=f"sqlite:///{tmp_path}/{name}")

    assert database_url(settings.db).database == f"{tmp_path}/{name}"


def test_another_database_of_a_platform_is_a_sentence(tmp_path: Path) -> None:
    variables = {"DATABASE_URL": "postgres://app:swordfish@host/app"}

    said = refusal(Workspace.in_folder(SERVICE, tmp_path).with_variables(variables))

    assert said == f"DATABASE_URL, which stands for {PREFIX}DB__URL: must start with sqlite:///"
