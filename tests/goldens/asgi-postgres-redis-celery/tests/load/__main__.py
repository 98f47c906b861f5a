"""`nox -s load`: visitors for a service that is started here or runs elsewhere, and a verdict.

Not a command of the service: what it needs is not installed where the service runs.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from shop.services.testing import temporary_services

from ..servers import HOST, serving
from ..workspace import PROJECT, Workspace
from .data import prepare
from .measured import ALL, read_measured, write_figures
from .objectives import (
    ENOUGH,
    BadObjectives,
    Figures,
    Verdict,
    judge,
    read_objectives,
    require_known,
    seconds_needed,
)
from .rehearsal import CannotVisit, rehearse
from .scenarios import MIX

LOCUSTFILE = Path(__file__).with_name("locustfile.py")
RESULTS = Path("results") / "load"


def load(  # noqa: PLR0913 - one per option
    *,
    url: Annotated[
        str | None, typer.Option(help="A service that runs; else one is started.")
    ] = None,
    seconds: Annotated[int, typer.Option(min=1, help="How long.")] = 20,
    visitors: Annotated[int, typer.Option(min=1, help="At the same time.")] = 20,
    rate: Annotated[float, typer.Option(min=0.01, help="Visits per second of each visitor.")] = 5,
    workers: Annotated[int, typer.Option(min=1, help="Processes of the started service.")] = 1,
    web: Annotated[bool, typer.Option(help="Show locust's page; Ctrl-C ends and judges.")] = False,
    slo: Annotated[Path, typer.Option(help="What has to hold.")] = PROJECT / "slo.toml",
) -> None:
    """Load the service; exit code 1 if an objective does not hold, 2 if nothing can be judged."""
    try:
        wanted = read_objectives(slo)
        with _service(url, workers) as host:
            require_known(wanted, rehearse(host), slo)
            if not web:
                _warn_if_short(seconds, visitors * rate)
            folder = _new_folder()
            _visit(host, folder, seconds=seconds, visitors=visitors, rate=rate, shows_page=web)
    except (BadObjectives, CannotVisit) as error:
        typer.secho(str(error), err=True, fg="red")
        raise typer.Exit(2) from None
    routes = read_measured(folder / "run_stats.csv")
    write_figures(routes, folder / "figures.json")
    total = routes.pop(ALL, Figures(0, 0, 0.0, {}))
    verdicts = list(judge(wanted, total, routes))
    _tell(verdicts, total, folder)
    if not all(verdict.holds for verdict in verdicts):
        raise typer.Exit(1)


def _warn_if_short(seconds: int, visits_per_s: float) -> None:
    """Say how long a load has to be for each route to be visited."""
    needed = seconds_needed(MIX.values(), visits_per_s)
    if seconds < needed:
        rarest = min(MIX, key=lambda scenario: MIX[scenario]).__name__
        sentence = f"{seconds} s at {visits_per_s:g} visits/s: `{rarest}` may not come at all;"
        typer.secho(f"{sentence} {needed} s bring it {ENOUGH} times.", err=True, fg="yellow")


def _new_folder() -> Path:
    folder = RESULTS / datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S")
    folder.mkdir(parents=True)
    return folder


@contextmanager
def _service(url: str | None, workers: int) -> Iterator[str]:
    """Yield where the service is; one that is started here has its own servers and data."""
    if url is not None:
        yield url
        return
    with TemporaryDirectory() as name, temporary_services() as services:
        folder = Path(name)
        place = Workspace.in_folder(folder).with_variables(services)
        place = place.with_settings(ENVIRONMENT="production", SECRET_KEY="only for measuring")
        ready = prepare(place, services, folder)
        # The end of the service's log is for tests that fail.
        with redirect_stdout(StringIO()), serving(ready, "--workers", str(workers)) as server:
            yield f"http://{HOST}:{server.port}"


def _visit(  # noqa: PLR0913 - one per option
    host: str, folder: Path, *, seconds: int, visitors: int, rate: float, shows_page: bool
) -> None:
    """Run locust to its end; all visitors come at once, and what they met before does not count."""
    command = [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--host", host]
    command += ["--users", str(visitors), "--spawn-rate", str(visitors), "--reset-stats"]
    command += ["--csv", str(folder / "run"), "--csv-full-history", "--only-summary"]
    command += ["--html", str(folder / "report.html"), "--exit-code-on-error", "0"]
    command += ["--loglevel", "WARNING"]
    command += [] if shows_page else ["--headless", "--run-time", f"{seconds}s"]
    if shows_page:
        typer.echo("locust: http://localhost:8089", err=True)
    environment = {**os.environ, "LOAD_RATE": str(rate), "PYTHONPATH": str(PROJECT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as locust:
        try:
            code = locust.wait()
        except KeyboardInterrupt:  # locust had it too, and writes what it measured
            code = locust.wait()
    if code:
        typer.secho(f"locust ended with exit code {code}.", err=True, fg="red")
        raise typer.Exit(1)


def _tell(verdicts: list[Verdict], total: Figures, folder: Path) -> None:
    """Print the verdicts and keep them beside the plots."""
    table = Table("objective", "wanted", "measured", "verdict")
    for verdict in verdicts:
        words = "holds" if verdict.holds else "[red]DOES NOT HOLD[/red]"
        table.add_row(verdict.objective, verdict.wanted, verdict.measured, words)
    kept = [verdict._asdict() for verdict in verdicts]
    (folder / "verdict.json").write_text(json.dumps(kept, ensure_ascii=False, indent=1), "utf-8")
    show = Console().print
    show(table)
    show(f"{total.requests:,} requests, {total.failures:,} failed. Over time: {folder}/report.html")


if __name__ == "__main__":
    typer.run(load)
