# Generated from hotpath/aio/cli/tasks.py by extensions/blocking.py; do not edit.
"""`tasks purge`: delete the states of old tasks."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress

from hotpath.blocking.concurrency import run
from hotpath.cli.errors import exit_on_database_error, load_settings
from hotpath.service import Service

if TYPE_CHECKING:
    from hotpath.blocking.db.database import Database


app = typer.Typer(no_args_is_help=True)


@app.callback()
def main() -> None:
    """States of tasks."""


@app.command()
def purge(
    context: typer.Context,
    older_than_days: Annotated[float, typer.Option(min=0, max=36_500, help="Age in days.")] = 30,
) -> None:
    """Delete the states of tasks that were submitted longer ago and have ended."""
    with exit_on_database_error():
        gone = run(_purge(context.obj, timedelta(days=older_than_days)))
    typer.echo(f"Deleted {gone} task states.")


def _purge(service: Service, older_than: timedelta) -> int:
    from hotpath.blocking.db.database import open_database
    from hotpath.db.models import utc_now
    from hotpath.observability.metrics import Metrics

    before = utc_now() - older_than
    with open_database(load_settings(service).db, Metrics(service.package)) as db:
        return _purge_with_progress(db, before)


def _purge_with_progress(db: "Database", before: datetime) -> int:
    from hotpath.blocking.tasks.states import count_states, purge_states

    with Progress() as progress:
        bar = progress.add_task("states", total=count_states(db, before))
        purge_states(db, before, lambda count: progress.advance(bar, count))
        return int(progress.tasks[bar].completed)
