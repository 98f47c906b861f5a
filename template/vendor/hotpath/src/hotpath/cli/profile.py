"""`profile wall`, `profile cpu`, `profile memory`: of a command, or of a process that runs.

py-spy and memray take them, from outside of the process: nothing in it has to be prepared.
"""

from pathlib import Path
from typing import Annotated

import typer

from hotpath.profiling.profile import Clock
from hotpath.service import Service

app = typer.Typer(no_args_is_help=True)

_ALL = {"allow_interspersed_args": False}
Words = Annotated[
    list[str] | None,
    typer.Argument(help="A command of the service and its options, after --: `-- serve`."),
]
Pid = Annotated[
    int | None, typer.Option(min=1, help="A process that runs, and those it has started.")
]
OnePid = Annotated[int | None, typer.Option("--pid", min=1, help="A process that runs.")]
Seconds = Annotated[
    float | None, typer.Option(min=0.1, help="How long; a command else to its end, --pid 10 s.")
]
Output = Annotated[
    Path, typer.Option("--output", "-o", help=".html for a page, .json for speedscope.app.")
]


@app.command(context_settings=_ALL)
def wall(
    context: typer.Context,
    words: Words = None,
    pid: Pid = None,
    seconds: Seconds = None,
    output: Output = Path("profile.html"),
) -> None:
    """Write a flame graph of the time that passes, waits included.

    For example: profile wall --pid 123 --seconds 10, or: profile wall -- db upgrade
    """
    _spy(context.obj, (words, pid, seconds), "wall", output)


@app.command(context_settings=_ALL)
def cpu(
    context: typer.Context,
    words: Words = None,
    pid: Pid = None,
    seconds: Seconds = None,
    output: Output = Path("profile.html"),
) -> None:
    """Write a flame graph of the time that Python code runs, without waits.

    For example: profile cpu --pid 123, or: profile cpu --seconds 30 -- worker
    """
    _spy(context.obj, (words, pid, seconds), "cpu", output)


@app.command(context_settings=_ALL)
def memory(
    context: typer.Context,
    words: Words = None,
    pid: OnePid = None,
    seconds: Seconds = None,
    output: Output = Path("memory.html"),
) -> None:
    """Write a flame graph of the memory that is allocated at the peak.

    Of a process that runs, it is of what it allocates meanwhile. For example: profile memory -- db
    upgrade, or: profile memory --pid 123 --seconds 60
    """
    from hotpath.cli.errors import exit_on
    from hotpath.cli.profilers import NotProfiled, Target, trace_memory

    with exit_on(NotProfiled):
        trace_memory(Target.of(context.obj, words, pid, seconds), output)
    typer.echo(f"Written to {output}.")


def _spy(
    service: Service,
    what: tuple[list[str] | None, int | None, float | None],
    clock: Clock,
    output: Path,
) -> None:
    from hotpath.cli.errors import exit_on
    from hotpath.cli.profilers import NotProfiled, Target, record_stacks

    with exit_on(NotProfiled):
        record_stacks(Target.of(service, *what), clock, output)
    typer.echo(f"Written to {output}.")
