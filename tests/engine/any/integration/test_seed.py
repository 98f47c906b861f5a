"""`seed`: exactly as many users as asked for."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx2
import pytest
from hotpath.testing.workspace import Workspace
from typer.testing import Result

from ..database import fresh_database
from ..shop import invoke
from ..users import add_user

Run = Callable[..., Result]


@pytest.fixture
def seed(workspace: Workspace) -> Iterator[Run]:
    """Yield a function that runs `seed` on the tests' database."""
    with pytest.MonkeyPatch.context() as patch:
        workspace.enter(patch)
        yield lambda *options: invoke("seed", *options)


@pytest.mark.parametrize("count", [1, 1001])
def test_as_many_users_as_asked_for_are_added(http: httpx2.Client, seed: Run, count: int) -> None:
    after = add_user(http)["created_at"]

    result = seed("--users", str(count))

    query = {"created_after": after, "count": "true", "limit": 1, "include": "posts"}
    page = http.get("/users", params=query).json()
    assert result.exit_code == 0
    assert "100%" in result.stdout
    assert result.stdout.endswith(f"Added {count} users and {2 * count} posts.\n")
    assert page["total"] == count
    assert len(page["items"][0]["posts"]) == 2


@pytest.mark.parametrize("count", ["0", "-5", "many", "10000001"])
def test_a_bad_number_is_refused(seed: Run, count: str) -> None:
    result = seed("--users", count)

    assert result.exit_code == 2
    assert "Invalid value for '--users'" in result.stderr


def test_a_database_without_its_tables_is_a_sentence(
    workspace: Workspace, services: Mapping[str, str], tmp_path: Path
) -> None:
    place = workspace.with_settings(DB__URL=fresh_database(services, tmp_path))
    with pytest.MonkeyPatch.context() as patch:
        place.enter(patch)
        result = invoke("seed")

    assert result.exit_code == 1
    assert result.stderr == "The database lacks tables: run `db upgrade`.\n"
