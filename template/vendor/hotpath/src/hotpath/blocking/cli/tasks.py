# Generated from hotpath/aio/cli/tasks.py by extensions/blocking.py; do not edit.
"""`tasks`: how tasks are doing, those that failed, and deleting old ones."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress

from hotpath.blocking.concurrency import run
from hotpath.cli.errors import exit_on_database_error, load_settings
from hotpath.service import Service

if TYPE_CHECKING:
    from hotpath.blocking.db.database import Database
    from hotpath.tasks.model import TaskRow, TasksReport


app = typer.Typer(no_args_is_help=True)


@app.callback()
def main() -> None:
    """Background tasks."""


@app.command()
def status(context: typer.Context) -> None:
    """Show how many workers live, and how many tasks wait since when."""
    with exit_on_database_error():
        state, report = run(_report(context.obj))
    typer.echo(f"queue: {state}")
    for name, value in (
        ("workers", report.workers),
        ("waiting", report.waiting),
        ("oldest", None if report.oldest_s is None else f"{report.oldest_s:.0f} s"),
    ):
        typer.echo(f"{name}: {'unknown' if value is None else value}")


def _report(service: Service) -> "tuple[str, TasksReport]":
    from hotpath.blocking.db.database import open_database
    from hotpath.blocking.tasks.tasks import open_tasks
    from hotpath.observability.metrics import Metrics

    settings, metrics = load_settings(service), Metrics(service.package)
    with open_database(settings.db, metrics) as db:
        db.ping()
        with open_tasks(settings, metrics, db) as tasks:
            return tasks.state(), tasks.report()


@app.command()
def failed(
    context: typer.Context,
    most: Annotated[int, typer.Option(min=1, max=10_000, help="Tasks to show.")] = 20,
) -> None:
    """List the tasks that failed or were lost last, a line each."""
    with exit_on_database_error():
        rows = run(_failed(context.obj, most))
    for row in rows:
        typer.echo(f"{row.id}  {row.finished_at:%Y-%m-%d %H:%M:%S}  {row.name}  {row.error}")
    if not rows:
        typer.echo("No task has failed.")


def _failed(service: Service, most: int) -> "list[TaskRow]":
    from hotpath.blocking.db.database import open_database
    from hotpath.blocking.tasks.ended import list_failed
    from hotpath.observability.metrics import Metrics

    with open_database(load_settings(service).db, Metrics(service.package)) as db:
        return list_failed(db, most)


@app.command()
def retry(
    context: typer.Context,
    ids: Annotated[list[str] | None, typer.Argument(help="Of tasks that failed.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All that failed or were lost.")] = False,
) -> None:
    """Have failed or lost tasks run again."""
    if bool(ids) == every:
        raise typer.BadParameter("give the ids of tasks, or --all")
    with exit_on_database_error():
        count = run(_retry(context.obj, None if every else ids))
    typer.echo(f"{count} tasks run again.")
    if not every and count < len(set(ids or ())):
        raise typer.Exit(1)


def _retry(service: Service, ids: list[str] | None) -> int:
    from hotpath.blocking.db.database import open_database
    from hotpath.blocking.tasks.ended import retry_failed
    from hotpath.observability.metrics import Metrics

    with open_database(load_settings(service).db, Metrics(service.package)) as db:
        return retry_failed(db, ids)


@app.command()
def purge(
    context: typer.Context,
    older_than_days: Annotated[float, typer.Option(min=0, max=36_500, help="Age in days.")] = 30,
) -> None:
    """Delete tasks that were enqueued longer ago and have ended, failed ones too."""
    with exit_on_database_error():
        gone = run(_purge(context.obj, timedelta(days=older_than_days)))
    typer.echo(f"Deleted {gone} tasks.")


def _purge(service: Service, older_than: timedelta) -> int:
    from hotpath.blocking.db.database import open_database
    from hotpath.db.models import utc_now
    from hotpath.observability.metrics import Metrics

    before = utc_now() - older_than
    with open_database(load_settings(service).db, Metrics(service.package)) as db:
        return _purge_with_progress(db, before)


def _purge_with_progress(db: "Database", before: datetime) -> int:
    from hotpath.blocking.tasks.ended import count_states, purge_states

    with Progress() as progress:
        bar = progress.add_task("tasks", total=count_states(db, before))
        purge_states(db, before, lambda count: progress.advance(bar, count))
        return int(progress.tasks[bar].completed)
