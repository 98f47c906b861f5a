"""`tasks purge`: forget the states of old tasks."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress

from ..concurrency import run
from .given import given_settings, sentence_for_database

if TYPE_CHECKING:
    from ..db.session import Database

app = typer.Typer(no_args_is_help=True)


@app.callback()
def main() -> None:
    """States of tasks."""


@app.command()
def purge(
    older_than_days: Annotated[float, typer.Option(min=0, max=36_500, help="Age in days.")] = 30,
) -> None:
    """Delete the states of tasks that were submitted longer ago and have ended."""
    with sentence_for_database():
        gone = run(_purge(timedelta(days=older_than_days)))
    typer.echo(f"Deleted {gone} task states.")


def _purge(older_than: timedelta) -> int:
    from ..db.models import utc_now
    from ..db.session import open_database
    from ..observability.metrics import Metrics

    before = utc_now() - older_than
    with open_database(given_settings().db, Metrics()) as db:
        return _purge_with_progress(db, before)


def _purge_with_progress(db: "Database", before: datetime) -> int:
    from ..tasks.states import count_states, purge_states

    with Progress() as progress:
        bar = progress.add_task("states", total=count_states(db, before))
        purge_states(db, before, lambda count: progress.advance(bar, count))
        return int(progress.tasks[bar].completed)
