"""Answers in the table, over HTTP: they outlive their process, and end with a change."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from hotpath.testing.servers import Server, figure, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until
from sqlalchemy import update

from package_name.resources import Resources
from package_name.users.model import User
from package_name.users.service import users as all_users

from ..database import UNREACHABLE_URL
from ..users import add_user

FORGOTTEN_WITHIN_S = 10.0
NEVER_READ = 10**12  # what was read may be in another tier


@pytest.fixture(scope="module")
def place(workspace: Workspace) -> Workspace:
    """Return a place where answers are kept in the table too."""
    return workspace.with_settings(CACHE__USE_TABLE=True)


@pytest.fixture(scope="module")
def first(place: Workspace) -> Iterator[Server]:
    """Run a server that keeps answers there."""
    with serving(place) as server:
        yield server


async def rename_unseen(resources: Resources, user_id: int) -> str:
    """Change a user's name behind the cache's back, and return it."""
    name = uuid4().hex
    async with resources.db.writing() as session:
        await session.execute(update(User).where(User.id == user_id).values(name=name))
    return name


async def test_a_new_process_answers_from_the_table_until_a_change(
    first: Server, place: Workspace, resources: Resources
) -> None:
    user = add_user(first.http)
    path = f"/users/{user['id']}"
    assert first.http.get(path).json() == user
    name = await rename_unseen(resources, user["id"])

    with serving(place) as second:
        assert second.http.get(path).json() == user
        assert figure(second.http, "cache_loads_total") == 0

        second.http.patch(path, json={"status": "banned"})
        changed = {**user, "name": name, "status": "banned"}
        assert second.http.get(path).json() == changed
        assert wait_until(lambda: first.http.get(path).json() == changed, FORGOTTEN_WITHIN_S)


async def test_a_command_forgets_in_every_tier_and_process(
    first: Server, place: Workspace, resources: Resources
) -> None:
    http = first.http
    oldest = http.get("/users?limit=1").json()["items"][0]
    users = [add_user(http), add_user(http), oldest]
    paths = [*(f"/users/{user['id']}" for user in users[:2]), "/users?limit=1"]
    kept = [http.get(path).text for path in paths]
    names = [await rename_unseen(resources, user["id"]) for user in users]
    assert [http.get(path).text for path in paths] == kept
    by_key, by_pattern = all_users.key_of(users[0]["id"]), all_users.key_of(users[1]["id"])[1:]

    done = place.run(
        *(
            "cache",
            "invalidate",
            "--key",
            by_key,
            "--pattern",
            f"*{by_pattern}",
            "--tag",
            all_users.tag,
        )
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("Invalidated.\n")
    for path, name in zip(paths, names, strict=True):
        assert wait_until(lambda: name in http.get(path).text, FORGOTTEN_WITHIN_S)  # noqa: B023 - called at once


def test_without_the_database_the_answer_is_that_it_is_away(place: Workspace) -> None:
    with serving(place.with_settings(DB__URL=UNREACHABLE_URL)) as server:
        assert server.http.get(f"/users/{NEVER_READ}").status_code == 503
        assert figure(server.http, "cache_errors_total", tier="l3") == 1
        assert figure(server.http, "cache_loads_total") == 1
