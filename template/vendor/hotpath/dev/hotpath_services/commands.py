"""The commands `services up`, `services down` and `services status`, for the project's folder."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from hotpath_services import development
from hotpath_services.development import State
from hotpath_services.service import ServiceError

NOT_UP = 3

app = typer.Typer(help="The servers that this project needs on your machine.", no_args_is_help=True)


@app.command()
def up(context: typer.Context) -> None:
    """Start them, or say where they run; their data is kept below .dev/."""
    _tell(development.up(context.obj, Path.cwd()))


@app.command()
def down(
    context: typer.Context,
    delete_data: Annotated[
        bool, typer.Option("--delete-data", help="Also delete all data of these servers.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before deleting.")] = False,
) -> None:
    """Stop them; their data stays."""
    if delete_data and not yes:
        typer.confirm("Delete all data of this project's servers? It cannot be undone", abort=True)
    _tell(development.down(context.obj, Path.cwd(), deletes_data=delete_data))


@app.command()
def status(context: typer.Context) -> None:
    """Show what runs where; exit code 3 if something does not."""
    with _plain_errors():
        states = development.status(context.obj, Path.cwd())
    if not states:
        typer.echo("This stack needs no services.")
        return
    Console().print(_table(states))
    if not all(state.is_up for state in states):
        raise typer.Exit(NOT_UP)


def _tell(sentences: Iterator[str]) -> None:
    with _plain_errors():
        for sentence in sentences:
            typer.echo(sentence)


@contextlib.contextmanager
def _plain_errors() -> Iterator[None]:
    try:
        yield
    except ServiceError as error:
        message = str(error)
    except PermissionError as error:
        message = f"{error.filename} belongs to another user."
    else:
        return
    typer.echo(message, err=True)
    raise typer.Exit(1)


def _table(states: list[State]) -> Table:
    table = Table("name", "state", "source", "url", "pid", "data", box=None)
    for state in states:
        table.add_row(
            state.name,
            "up" if state.is_up else "down",
            state.source or "-",
            state.url or "-",
            str(state.pid or "-"),
            "-" if state.data_bytes is None else f"{state.data_bytes / 2**20:.1f} MiB",
        )
    for column in table.columns:
        column.overflow = "fold"
    return table
