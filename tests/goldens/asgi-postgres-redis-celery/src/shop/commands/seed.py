"""`seed`: fill the tables of users and posts."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress

from ..concurrency import run
from .given import given_settings, sentence_for_database

if TYPE_CHECKING:
    from ..cache.cache import Cache
    from ..db.session import Database

app = typer.Typer()
CHUNK = 1000
POSTS_PER_USER = 2


@app.command()
def seed(
    users: Annotated[int, typer.Option(min=1, max=10_000_000, help="Users to add.")] = 1000,
) -> None:
    """Add made-up users, each with two posts, behind those that are there."""
    with sentence_for_database():
        run(_seed(users))
    typer.echo(f"Added {users} users and {users * POSTS_PER_USER} posts.")


async def _seed(users: int) -> None:
    from ..observability.metrics import Metrics
    from ..resources import open_resources

    async with open_resources(given_settings(), Metrics()) as resources:
        await _add_in_chunks(resources.db, resources.cache, users)


async def _add_in_chunks(db: "Database", cache: "Cache", users: int) -> None:
    from ..users.seeding import add_users

    with Progress() as progress:
        task = progress.add_task("users", total=users)
        for start in range(0, users, CHUNK):
            count = min(CHUNK, users - start)
            await add_users(db, cache, count, POSTS_PER_USER)
            progress.advance(task, count)
