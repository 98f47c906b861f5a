"""`nox -s bench`: each hot path in turn with a reference, compared with what was accepted.

Not a command of the service: what it needs is not installed where the service runs.
"""

from pathlib import Path
from typing import Annotated

import pytest
import typer

from hotpath.testing.project import NoProject, find_project

PLUGINS = ("-p", "hotpath.testing.plugin", "-p", "hotpath.testing.bench.plugin")
NOTHING_RAN = "ignore:Not saving anything"
"""A warning of pytest-benchmark; pytest itself says that no test has such a name."""

OPTIONS = ("-o", "python_files=hot_*.py", "--show-capture=no", "-W", NOTHING_RAN)
ENGINE = Path(__file__).with_name("hot_engine.py")


def bench(
    *,
    only: Annotated[
        str, typer.Option("--only", "-k", help="Only tests with this in their names, as in pytest.")
    ] = "",
    accept: Annotated[
        bool, typer.Option("--accept", help="Store what is measured; show what it was before.")
    ] = False,
) -> None:
    """Measure the hot paths of tests/perf/hot_*.py and of the engine.

    Each is compared with tests/perf/baseline.toml. What a path takes is
    stated as a multiple of a reference, measured in turn with it: that holds
    on any machine. Exit code 1 if one takes more than the file allows, or is
    not in it. The first run makes the file: commit it.
    """
    try:
        project = find_project()
    except NoProject as error:
        typer.secho(str(error), err=True, fg="red")
        raise typer.Exit(2) from None
    project.results.mkdir(exist_ok=True)
    place = ["-c", str(project.folder / "pyproject.toml"), "--rootdir", str(project.folder)]
    given = [f"--benchmark-json={project.results / 'bench.json'}", "-k", only]
    given += ["--accept"] if accept else []
    files = [str(each) for each in (ENGINE, project.benchmarks) if each.exists()]
    raise typer.Exit(pytest.main([*PLUGINS, *OPTIONS, *place, *given, *files]))


if __name__ == "__main__":
    typer.run(bench)
