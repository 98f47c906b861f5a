"""`tasks purge`: forget the states of old tasks."""

from datetime import timedelta
from typing import Annotated

import typer

from ..concurrency import run
from .given import given_settings, sentence_for

app = typer.Typer(no_args_is_help=True)


@app.callback()
def main() -> None:
    """States of tasks."""


@app.command()
def purge(
    older_than_days: Annotated[float, typer.Option(min=0, help="Age in days.")] = 30,
) -> None:
    """Delete the states of tasks submitted longer ago."""
    from ..db.session import DatabaseUnavailable

    with sentence_for(DatabaseUnavailable):
        gone = run(_purge(timedelta(days=older_than_days)))
    typer.echo(f"Deleted {gone} task states.")


def _purge(older_than: timedelta) -> int:
    from ..db.engine import open_engine
    from ..db.session import Database
    from ..tasks.states import purge_states

    with open_engine(given_settings().db) as engine:
        return purge_states(Database(engine), older_than)
