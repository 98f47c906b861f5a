"""A service whose features cannot be as they are declared says so in a sentence, and ends."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from hotpath.testing.workspace import Workspace

from ..shop import SERVICE

FAULTS = {
    "a filter without an index": (
        ("users/model.py", '        Index("ix_users_status_id", "status", "id"),\n', ""),
        (
            "users/model.py",
            '        Index("ix_users_status_created_at_id", "status", ',
            "        Index(",
        ),
        "shop.users.model.User: filter status: users.status begins no index",
    ),
    "a feature that is not named": (
        ("features.py", '    "posts",\n', ""),
        ("features.py", "", ""),
        'shop.posts has a model: add "posts" to FEATURES in features.py',
    ),
    "a name without a folder": (
        ("features.py", '    "posts",\n', '    "posts",\n    "orders",\n'),
        ("features.py", "", ""),
        'features.py names "orders", and shop has no folder orders',
    ),
    "two of a name": (
        ("users/service.py", "user_import =", "again = Repository(User, UserOut)\nuser_import ="),
        ("features.py", "", ""),
        "two repositories are named user: give one another",
    ),
    "a field that is no column": (
        ("posts/schemas.py", "    user_id: int\n", "    user_id: int\n    size: int\n"),
        ("features.py", "", ""),
        "shop.posts.model.Post: PostOut.size is no column of Post",
    ),
}
COMMANDS = (("serve", "--port", "0"), ("serve", "--port", "0", "--workers", "2"))


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Return a copy of the package."""
    return Path(shutil.copytree(SERVICE.folder, tmp_path / "src" / SERVICE.package))


@pytest.mark.parametrize("command", COMMANDS, ids=["one process", "two"])
@pytest.mark.parametrize("fault", FAULTS)
def test_it_is_a_sentence_at_start(
    workspace: Workspace, package: Path, fault: str, command: tuple[str, ...]
) -> None:
    *changes, sentence = FAULTS[fault]
    for change in changes:
        apply(package, change)

    ended = place_of(workspace, package).run(*command)

    assert ended.returncode == 1
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr


def test_it_is_a_sentence_for_commands(workspace: Workspace, package: Path) -> None:
    change, _, sentence = FAULTS["a feature that is not named"]
    apply(package, change)

    ended = place_of(workspace, package).run("db", "check")

    assert (ended.returncode, ended.stderr) == (1, f"{sentence}\n")


def apply(package: Path, change: object) -> None:
    name, before, after = change  # type: ignore[misc]
    file = package / name
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after, 1))


def place_of(workspace: Workspace, package: Path) -> Workspace:
    variables: Mapping[str, str] = {
        "PYTHONPATH": os.pathsep.join([str(package.parent), os.environ["PYTHONPATH"]])
    }
    return workspace.with_variables(variables)
