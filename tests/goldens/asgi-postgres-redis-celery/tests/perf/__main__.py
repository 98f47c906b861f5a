"""`nox -s bench`: the hot paths, each in turn with its yardstick, judged by what was accepted.

Not a command of the service: what it needs is not installed where the service runs.
"""

from pathlib import Path
from typing import Annotated

import pytest
import typer

RESULTS = Path("results")
OPTIONS = ("-p", "tests.perf.gate", "-o", "python_files=hot_*.py", "--show-capture=no")


def bench(
    *,
    only: Annotated[
        str, typer.Option("--only", "-k", help="Only tests with this in their names, as in pytest.")
    ] = "",
    accept: Annotated[
        bool, typer.Option("--accept", help="Store what is measured; show what it was before.")
    ] = False,
) -> None:
    """Measure what tests/perf/hot_*.py name, and compare with tests/perf/baseline.toml.

    What a path takes is told as a multiple of a yardstick, measured in
    turn with it: that holds on any machine. Exit code 1 if one takes more
    than the file allows, or is not in it. The first run makes the file:
    commit it.
    """
    RESULTS.mkdir(exist_ok=True)
    given = [f"--benchmark-json={RESULTS / 'bench.json'}", "-k", only]
    given += ["--accept"] if accept else []
    raise typer.Exit(pytest.main([*OPTIONS, *given, str(Path(__file__).parent)]))


if __name__ == "__main__":
    typer.run(bench)
