# Generated from hotpath/aio/cli/tasks.py by extensions/blocking.py; do not edit.
"""`tasks`: how tasks are doing, those that failed, and deleting old ones."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import orjson
import typer
from rich.progress import Progress

from hotpath.blocking.concurrency import run
from hotpath.cli.errors import exit_on_database_error, load_settings
from hotpath.service import Service

if TYPE_CHECKING:
    from hotpath.blocking.db.database import Database
    from hotpath.tasks.model import TaskRow, TasksReport, WaitingTasks


app = typer.Typer(no_args_is_help=True)


@app.callback()
def main() -> None:
    """Background tasks."""


@app.command()
def status(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
) -> None:
    """Show how many workers live, and which tasks wait since when."""
    from hotpath.tasks.model import MAX_COUNTED

    with exit_on_database_error():
        state, report, waiting = run(_report(context.obj))
    if not context.obj.has_workers:
        state = None  # that of a queue of this process
    if as_json:
        by_name = [each.model_dump() for each in waiting]
        shown = {"queue": state, **report.model_dump(), "tasks": by_name}
        typer.echo(orjson.dumps(shown))
        return
    each_process = "unknown" if context.obj.has_workers else "each process of the service"
    typer.echo(f"queue: {state or 'in each process of the service'}")
    typer.echo(f"workers: {each_process if report.workers is None else report.workers}")
    most = " or more" if report.waiting == MAX_COUNTED else ""
    typer.echo(f"waiting: {report.waiting}{most}")
    typer.echo(f"oldest: {report.oldest_s or 0:.0f} s")
    for each in waiting:
        queue = f"queue {each.queue}" if each.queue else "of no feature, so that nobody runs it"
        typer.echo(f"  {each.name}: {each.waiting}, oldest {each.oldest_s:.0f} s, {queue}")


def _report(service: Service) -> "tuple[str | None, TasksReport, list[WaitingTasks]]":
    from hotpath.blocking.db.database import open_database
    from hotpath.blocking.tasks.tasks import open_tasks
    from hotpath.observability.metrics import Metrics

    settings, metrics = load_settings(service), Metrics(service.package)
    with open_database(settings.db, metrics) as db:
        db.ping()
        with open_tasks(settings, metrics, db) as tasks:
            return tasks.state(), tasks.report(), tasks.waiting()


@app.command()
def failed(
    context: typer.Context,
    most: Annotated[int, typer.Option(min=1, max=10_000, help="Tasks to show.")] = 20,
    name: Annotated[str | None, typer.Option(help="Only tasks of this name.")] = None,
) -> None:
    """List the tasks that failed or were lost last, a line each."""
    with exit_on_database_error():
        rows = run(_failed(context.obj, most, name))
    for row in rows:
        error = " ".join((row.error or "").split())
        typer.echo(f"{row.id}  {row.finished_at:%Y-%m-%d %H:%M:%S}  {row.name}  {error}")
    if not rows:
        typer.echo("No task has failed." if name is None else f"No task {name} has failed.")


def _failed(service: Service, most: int, name: str | None) -> "list[TaskRow]":
    from hotpath.blocking.db.database import open_database
    from hotpath.blocking.tasks.ended import list_failed
    from hotpath.observability.metrics import Metrics

    with open_database(load_settings(service).db, Metrics(service.package)) as db:
        return list_failed(db, most, name)


@app.command()
def retry(
    context: typer.Context,
    ids: Annotated[list[str] | None, typer.Argument(help="Of tasks that failed.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All that failed or were lost.")] = False,
    name: Annotated[str | None, typer.Option(help="All of this name that did.")] = None,
) -> None:
    """Have failed or lost tasks run again."""
    if [bool(ids), every, name is not None].count(True) != 1:
        raise typer.BadParameter("give the ids of tasks, or --name, or --all")
    with exit_on_database_error():
        again = run(_retry(context.obj, ids or None, name))
    missing = [each for each in dict.fromkeys(ids or ()) if each not in again]
    for each in missing:
        typer.echo(f"{each}: no task with this id has failed.", err=True)
    typer.echo(f"{len(again)} task{'' if len(again) == 1 else 's'} to run again.")
    if missing or (name is not None and not again):
        raise typer.Exit(1)


def _retry(service: Service, ids: list[str] | None, name: str | None) -> list[str]:
    from hotpath.blocking.db.database import open_database
    from hotpath.blocking.tasks.ended import retry_failed
    from hotpath.observability.metrics import Metrics

    with open_database(load_settings(service).db, Metrics(service.package)) as db:
        return retry_failed(db, ids, name)


@app.command()
def purge(
    context: typer.Context,
    older_than_days: Annotated[float, typer.Option(min=0, max=36_500, help="Age in days.")] = 30,
) -> None:
    """Delete tasks that were enqueued longer ago and have ended, failed ones too."""
    with exit_on_database_error():
        gone = run(_purge(context.obj, timedelta(days=older_than_days)))
    typer.echo(f"Deleted {gone} task{'' if gone == 1 else 's'}.")


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
