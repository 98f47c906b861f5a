"""`nox -s load`: simulated users for a service that is started here or runs elsewhere.

Not a command of the service: what it needs is not installed where the service runs.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from hotpath.testing.load.figures import ALL, Figures, read_figures, write_figures
from hotpath.testing.load.objectives import (
    ENOUGH,
    BadObjectives,
    judge,
    read_objectives,
    require_known,
    seconds_needed,
)
from hotpath.testing.load.reports import report
from hotpath.testing.load.runs import CannotStart, Load, LocustFailed, run_locust, running_service
from hotpath.testing.load.scenarios import BadScenarios, Scenarios, read_scenarios
from hotpath.testing.load.smoke_run import SmokeRunFailed, smoke_run
from hotpath.testing.project import NoProject, Project, find_project

REFUSALS = (BadObjectives, BadScenarios, CannotStart, NoProject, SmokeRunFailed)


def load(  # noqa: PLR0913 - one per option
    *,
    url: Annotated[
        str | None, typer.Option(help="A service that runs; else one is started.")
    ] = None,
    seconds: Annotated[int, typer.Option(min=1, help="How long.")] = 20,
    users: Annotated[int, typer.Option(min=1, help="At the same time.")] = 20,
    rate: Annotated[float, typer.Option(min=0.01, help="Scenarios per second of each user.")] = 5,
    workers: Annotated[int, typer.Option(min=1, help="Processes of the started service.")] = 1,
    web: Annotated[bool, typer.Option(help="Show locust's page; Ctrl-C ends and judges.")] = False,
    slo: Annotated[
        Path | None, typer.Option(help="What has to hold; by default slo.toml of the project.")
    ] = None,
) -> None:
    """Load the service; exit code 1 if an objective does not hold, 2 if nothing can be judged."""
    try:
        _load(find_project(), Load(seconds, users, rate, web), url, workers, slo)
    except REFUSALS as error:
        typer.secho(str(error), err=True, fg="red")
        raise typer.Exit(2) from None
    except LocustFailed as error:
        typer.secho(str(error), err=True, fg="red")
        raise typer.Exit(1) from None


def _load(project: Project, planned: Load, url: str | None, workers: int, slo: Path | None) -> None:
    slo = slo or project.folder / "slo.toml"
    wanted, plan = read_objectives(slo), read_scenarios(project.scenarios)
    with running_service(project.service, plan.prepare, url, workers) as host:
        require_known(wanted, smoke_run(host, plan), slo)
        if not planned.shows_page:
            _warn_if_short(plan.scenarios, planned)
        folder = _new_folder(project.results / "load")
        run_locust(project, host, folder, planned)
    routes = read_figures(folder / "run_stats.csv")
    write_figures(routes, folder / "figures.json")
    total = routes.pop(ALL, Figures(0, 0, 0.0, {}))
    verdicts = list(judge(wanted, total, routes))
    report(verdicts, total, folder)
    if not all(verdict.holds for verdict in verdicts):
        raise typer.Exit(1)


def _warn_if_short(scenarios: Scenarios, planned: Load) -> None:
    """Say how long a load has to be for each scenario to be done."""
    per_s = planned.users * planned.rate
    needed = seconds_needed(scenarios.values(), per_s)
    if planned.seconds < needed:
        rarest = min(scenarios, key=lambda scenario: scenarios[scenario])
        name = getattr(rarest, "__name__", rarest)
        sentence = f"{planned.seconds} s at {per_s:g} scenarios/s: `{name}` may not be done at all;"
        typer.secho(f"{sentence} in {needed} s it is done {ENOUGH} times.", err=True, fg="yellow")


def _new_folder(parent: Path) -> Path:
    folder = parent / datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S")
    folder.mkdir(parents=True)
    return folder


if __name__ == "__main__":
    typer.run(load)
