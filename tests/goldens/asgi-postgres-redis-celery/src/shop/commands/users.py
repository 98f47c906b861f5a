"""`users import`: users from a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer
from rich.progress import Progress

from ..concurrency import run
from .given import given_settings, sentence_for_database

if TYPE_CHECKING:
    from ..cache.cache import Cache
    from ..db.session import Database

app = typer.Typer(name="users", no_args_is_help=True)


@app.callback()
def main() -> None:
    """Users."""


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


@app.command("import")
def import_file(file: Annotated[Path, File]) -> None:
    """Add the users of a file; change those whose address is there already.

    Every line is checked before the first is written; a line without status
    says "active". Written are chunks of 1,000 lines, each as a whole, in the
    order of the file: of two lines with the same address the later one wins,
    and an import that was interrupted can be repeated.

    Counted are the lines, empty ones left out: an address that is given twice
    counts twice.
    """
    from ..users.errors import FileChanged, LinesRefused

    with sentence_for_database(FileChanged, LinesRefused), file.open("rb") as lines:
        count = run(_import(lines, file.stat().st_size))
    typer.echo(f"Imported {count} users.")


async def _import(file: BinaryIO, size_bytes: int) -> int:
    from ..observability.metrics import Metrics
    from ..resources import open_resources

    async with open_resources(given_settings(), Metrics()) as resources:
        return await _import_with_progress(resources.db, resources.cache, file, size_bytes)


async def _import_with_progress(
    db: "Database", cache: "Cache", file: BinaryIO, size_bytes: int
) -> int:
    from ..users.importing import import_users

    with Progress() as progress:
        checked = progress.add_task("checked", total=size_bytes)
        written = progress.add_task("written", total=size_bytes)
        return await import_users(
            db,
            cache,
            file,
            lambda position: progress.update(checked, completed=position),
            lambda position: progress.update(written, completed=position),
        )
