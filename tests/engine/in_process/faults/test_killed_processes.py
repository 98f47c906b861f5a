"""Processes that are killed while they run tasks: none is lost, and none has its effect twice."""

import os
import shutil
import signal
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from time import monotonic
from uuid import uuid4

import pytest
from hotpath.aio.concurrency import pause
from hotpath.aio.tasks.states import insert_tasks
from hotpath.tasks.model import TaskRow
from hotpath.tasks.rows import new_row
from hotpath.testing.servers import serving
from hotpath.testing.workspace import Workspace
from sqlalchemy import func, select

from package_name.resources import Resources
from package_name.users.model import User

from ..copies import copy_of_service
from ..effect_tasks import EACH, address, begin_effects
from ..quiet_resources import quiet_resources
from ..users import add_user

ROUNDS = 5
SOME = 20
WITHIN_S = 30.0
TESTS = Path(__file__).parent.parent
FEATURES = "FEATURES = (\n"


@pytest.fixture
def place(workspace: Workspace, tmp_path: Path) -> Workspace:
    """Return a place with a copy of the service that has `effect_tasks`, and short leases."""
    copied, package = copy_of_service(workspace, tmp_path)
    feature = package / "effects"
    feature.mkdir()
    (feature / "__init__.py").touch()
    shutil.copy(TESTS / "effect_tasks.py", feature / "tasks.py")
    features = package / "features.py"
    text = features.read_text()
    assert FEATURES in text
    features.write_text(text.replace(FEATURES, f'{FEATURES}    "effects",\n'))
    return copied.with_settings(TASKS__LEASE_S=1, TASKS__RESEND_S=1)


@pytest.fixture
async def resources(workspace: Workspace) -> AsyncIterator[Resources]:
    """Open what a process has that leaves tasks to others."""
    async with quiet_resources(workspace.with_settings(TASKS__RUNNERS=0)) as opened:
        yield opened


async def counted(resources: Resources, at_least: dict[str, int]) -> Counter[str]:
    """Wait until there are so many tasks in these states; return how many are in each."""
    states = select(TaskRow.state, func.count()).group_by(TaskRow.state)
    ours = states.where(TaskRow.name.in_(["add_effect", "begin_effects", "send_welcome"]))
    end = monotonic() + WITHIN_S
    while True:
        async with resources.db.reading() as session:
            found = Counter({row[0]: row[1] for row in await session.execute(ours)})
        if all(found[state] >= count for state, count in at_least.items()):
            return found
        assert monotonic() < end, found
        await pause(0.05)


async def test_killed_servers_lose_no_task_and_each_has_its_effect_once(
    place: Workspace, resources: Resources
) -> None:
    name = uuid4().hex[:8]
    before = await counted(resources, {})
    done, taken = before["succeeded"], 0
    for number in range(ROUNDS):
        with serving(place) as server:
            user_id = add_user(server.http)["id"]
            row = new_row(begin_effects, f"{name}-{number}", sent_in_s=0, is_sent=False)
            async with resources.db.writing() as session:
                await insert_tasks(session, resources.db.sql, [row])
            for _ in range(SOME):
                assert server.http.post(f"/users/{user_id}/welcome").status_code == 202
            taken += SOME + 1 + EACH
            found = await counted(resources, {"succeeded": done + SOME, "running": 1, "queued": 1})
            os.killpg(server.program.process.pid, signal.SIGKILL)
        done = found["succeeded"]

    left = await counted(resources, {})
    with serving(place):
        ended = await counted(resources, {"succeeded": before["succeeded"] + taken})

    async with resources.db.reading() as session:
        effects = select(User.email).where(User.email.like(f"{name}-%"))
        emails = (await session.scalars(effects)).all()
    assert left["queued"] + left["running"] > 0
    assert ended.keys() <= {"succeeded", *before}
    assert ended["succeeded"] == before["succeeded"] + taken
    assert sorted(emails) == sorted(
        address(f"{name}-{number}-{each}") for number in range(ROUNDS) for each in range(EACH)
    )
