# Generated from hotpath/aio/cli/worker.py by extensions/blocking.py; do not edit.
"""`worker`: runs tasks."""

from typing import Annotated

import typer

from hotpath.cli.errors import load_settings

app = typer.Typer()


@app.command()
def worker(
    context: typer.Context,
    processes: Annotated[int | None, typer.Option(min=1, help="Processes of this worker.")] = None,
    queues: Annotated[
        str, typer.Option(help="Queues to take tasks from, as default,reports; all if none.")
    ] = "",
    metrics_port: Annotated[
        int, typer.Option(min=0, max=65_535, help="TCP port of /metrics; 0 for none.")
    ] = 0,
) -> None:
    """Run tasks until SIGTERM or Ctrl-C; running tasks finish first."""
    from hotpath.blocking.tasks.worker import run_worker

    settings = load_settings(context.obj)
    if processes is not None:
        tasks = settings.tasks.model_copy(update={"worker_processes": processes})
        settings = settings.model_copy(update={"tasks": tasks})
    run_worker(settings, [each for each in queues.split(",") if each], metrics_port)
