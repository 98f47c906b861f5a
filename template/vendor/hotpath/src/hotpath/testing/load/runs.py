"""The processes of a load test: the service, and locust with its simulated users."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import typer

from hotpath.service import Service
from hotpath.testing.databases import fresh_database
from hotpath.testing.project import Project
from hotpath.testing.servers import HOST, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.testing import temporary_services

LOCUSTFILE = Path(__file__).with_name("locustfile.py")


class CannotStart(Exception):
    """A command that prepares the service failed."""


class LocustFailed(Exception):
    """Locust ended with an exit code, so that nothing was measured."""


class Load(NamedTuple):
    """How many users come for how long, and how often each does a scenario in a second."""

    seconds: int
    users: int
    rate: float
    shows_page: bool


@contextmanager
def running_service(
    service: Service, prepare: Sequence[Sequence[str]], url: str | None, workers: int
) -> Iterator[str]:
    """Yield where the service is; one that is started here has its own servers and data.

    Args:
        prepare: Commands of the service, run after `db upgrade`.
        url: Of a service that runs already; nothing is started then.
    Raises:
        CannotStart: a command failed; with what it wrote.
    """
    if url is not None:
        yield url
        return
    with TemporaryDirectory() as name, temporary_services(service) as services:
        folder = Path(name)
        place = Workspace.in_folder(service, folder).with_variables(services)
        ready = place.with_settings(
            ENVIRONMENT="production",
            SECRET_KEY="only for measuring",  # noqa: S106 - of a service that lives for seconds
            DB__URL=fresh_database(service, services, folder),
        )
        for command in (("db", "upgrade"), *prepare):
            done = ready.run(*command)
            if done.returncode:
                raise CannotStart(f"`{' '.join(command)}` failed: {done.stderr.strip()}")
        # The end of the service's log is for tests that fail.
        with redirect_stdout(StringIO()), serving(ready, "--workers", str(workers)) as server:
            yield f"http://{HOST}:{server.port}"


def run_locust(project: Project, host: str, folder: Path, load: Load) -> None:
    """Run locust to its end; all users come at once, and what they met before does not count.

    Raises:
        LocustFailed: with its exit code.
    """
    command = [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--host", host]
    command += ["--users", str(load.users), "--spawn-rate", str(load.users), "--reset-stats"]
    command += ["--csv", str(folder / "run"), "--csv-full-history", "--only-summary"]
    command += ["--html", str(folder / "report.html"), "--exit-code-on-error", "0"]
    command += ["--loglevel", "WARNING"]
    command += [] if load.shows_page else ["--headless", "--run-time", f"{load.seconds}s"]
    if load.shows_page:
        typer.echo("locust: http://localhost:8089", err=True)
    with subprocess.Popen(  # noqa: S603 - locust of this environment
        command,
        env=_environment(project, load.rate),
        cwd=project.folder,
        stdout=subprocess.DEVNULL,
    ) as locust:
        try:
            code = locust.wait()
        except KeyboardInterrupt:  # locust had it too, and writes what it measured
            code = locust.wait()
    if code:
        raise LocustFailed(f"locust ended with exit code {code}.")


def _environment(project: Project, rate: float) -> dict[str, str]:
    """Return what locust runs with: scenarios may import what is beside them in `tests`."""
    paths = filter(None, (str(project.folder), os.environ.get("PYTHONPATH")))
    return {**os.environ, "LOAD_RATE": str(rate), "PYTHONPATH": os.pathsep.join(paths)}
