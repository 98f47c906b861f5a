"""`seed`: made-up users; `users import`: users from a file.

A command imports what it needs when it runs, so that `--help` is quick.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO
from uuid import uuid4

import typer
from hotpath.aio.concurrency import run
from hotpath.cli.errors import exit_on_database_error
from hotpath.service import Service
from rich.progress import Progress

if TYPE_CHECKING:
    from .resources import Resources

CHUNK = 1000
POSTS_PER_USER = 2
_STATUSES = ("active", "active", "active", "inactive", "banned")

app = typer.Typer()
users_app = typer.Typer(no_args_is_help=True)
app.add_typer(users_app, name="users", help="Users.")


@app.command()
def seed(
    context: typer.Context,
    users: Annotated[int, typer.Option(min=1, max=10_000_000, help="Users to add.")] = 1000,
) -> None:
    """Add made-up users, each with two posts, behind those that are there."""
    with exit_on_database_error():
        run(_seed(context.obj, users))
    typer.echo(f"Added {users} users and {users * POSTS_PER_USER} posts.")


@asynccontextmanager
async def _opened(service: Service) -> AsyncIterator["Resources"]:
    from hotpath.observability.metrics import Metrics

    from .resources import open_resources
    from .settings import read_settings

    async with open_resources(read_settings(), Metrics(service.package)) as resources:
        yield resources


async def _seed(service: Service, users: int) -> None:
    async with _opened(service) as resources:
        await _add_in_chunks(resources, users)


async def _add_in_chunks(resources: "Resources", users: int) -> None:
    with Progress() as progress:
        task = progress.add_task("users", total=users)
        for start in range(0, users, CHUNK):
            count = min(CHUNK, users - start)
            await add_users(resources, count, POSTS_PER_USER)
            progress.advance(task, count)


async def add_users(resources: "Resources", count: int, posts_each: int) -> None:
    """Add users with posts in one transaction. Cost: 2 statements."""
    from sqlalchemy import insert

    from .posts.model import Post
    from .users.model import User
    from .users.service import users

    batch = uuid4().hex[:12]
    new = [
        {
            "email": f"user-{batch}-{number}@example.com",
            "name": f"User {number}",
            "status": _STATUSES[number % len(_STATUSES)],
        }
        for number in range(count)
    ]
    async with resources.db.writing() as session:
        ids = (await session.scalars(insert(User).returning(User.id), new)).all()
        posts = [
            {"user_id": user_id, "title": f"Post {number}", "body": "Seeded."}
            for user_id in ids
            for number in range(posts_each)
        ]
        if posts:
            await session.execute(insert(Post), posts)
    await users.invalidate(resources.cache, *ids)  # pages of users have the posts too


def _regular(file: Path) -> Path:
    if not file.is_file():
        raise typer.BadParameter(f"'{file}' cannot be read twice: save it as a file.")
    return file


File = typer.Argument(
    help="One JSON object with email, name and status per line, in UTF-8.",
    exists=True,
    dir_okay=False,
    readable=True,
    callback=_regular,
)


@users_app.callback()
def main() -> None:
    """Users."""


@users_app.command("import")
def import_file(context: typer.Context, file: Annotated[Path, File]) -> None:
    """Add the users of a file; change those whose address is there already.

    Every line is checked before the first is written; a line without status
    says "active". Lines are written 1,000 at a time, in the order of the file:
    of two lines with the same address the later one wins, and an import that
    was interrupted can be repeated.

    Counted are the lines, empty ones left out: an address that is given twice
    counts twice.
    """
    from hotpath.aio.repository import FileChanged, LinesRefused

    with exit_on_database_error(FileChanged, LinesRefused), file.open("rb") as lines:
        count = run(_import(context.obj, lines, file.stat().st_size))
    typer.echo(f"Imported {count} users.")


async def _import(service: Service, file: BinaryIO, size_bytes: int) -> int:
    async with _opened(service) as resources:
        return await _import_with_progress(resources, file, size_bytes)


async def _import_with_progress(resources: "Resources", file: BinaryIO, size_bytes: int) -> int:
    from .users.service import user_import

    with Progress() as progress:
        checked = progress.add_task("checked", total=size_bytes)
        written = progress.add_task("written", total=size_bytes)
        return await user_import.run(
            resources,
            file,
            lambda position: progress.update(checked, completed=position),
            lambda position: progress.update(written, completed=position),
        )
