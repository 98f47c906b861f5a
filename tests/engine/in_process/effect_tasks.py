"""Tasks with an effect that can be counted: a feature that a test adds to a copy of the service."""

from typing import Any

from hotpath.aio.concurrency import pause
from hotpath.tasks.task import task

from package_name.users.model import User

EACH = 120


def address(name: str) -> str:
    """Return what a task with this payload adds; of each there can be one."""
    return f"{name}@effect.example.com"


@task()
async def add_effect(resources: Any, name: str) -> None:
    """Have an effect, once, however often it runs."""
    await pause(0.02)
    values = {"email": address(name), "name": name}
    new = resources.db.sql.Insert(User).values(values)
    async with resources.db.writing() as session:
        await session.execute(new.on_conflict_do_nothing(index_elements=["email"]))


@task()
async def begin_effects(resources: Any, round_: str) -> None:
    """Enqueue many, all or none, each once."""
    async with resources.db.writing() as session:
        for number in range(EACH):
            name = f"{round_}-{number}"
            await resources.tasks.enqueue(add_effect, name, key=name, session=session)
