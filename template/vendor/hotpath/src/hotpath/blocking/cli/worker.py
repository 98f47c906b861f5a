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
    from hotpath.features import Features
    from hotpath.tasks.task import queues_of

    chosen = [each.strip() for each in queues.split(",") if each.strip()]
    known = queues_of(Features(context.obj).tasks()) if chosen else []
    if unknown := [each for each in chosen if each not in known]:
        raise typer.BadParameter(
            f"no task has the queue {unknown[0]}; there are {', '.join(known)}",
            param_hint="--queues",
        )
    settings = load_settings(context.obj)
    if processes is not None:
        tasks = settings.tasks.model_copy(update={"worker_processes": processes})
        settings = settings.model_copy(update={"tasks": tasks})
    run_worker(settings, chosen, metrics_port)
