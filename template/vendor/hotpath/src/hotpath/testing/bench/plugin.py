"""The pytest plugin of `nox -s bench`, loaded by that session only.

A benchmark takes `measure`, and `application` for what it has to know before.
"""

from collections.abc import Iterator

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from rich.console import Console

from hotpath.testing.bench.application import InProcessApplication, open_application
from hotpath.testing.bench.baseline import BadBaseline, read_baseline, write_baseline
from hotpath.testing.bench.measure import Measure
from hotpath.testing.bench.verdicts import Verdicts
from hotpath.testing.project import find_project
from hotpath.testing.workspace import Workspace

VERDICTS = pytest.StashKey[Verdicts]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--accept`."""
    parser.addoption("--accept", action="store_true", help="store the ratios of this run")


def pytest_configure(config: pytest.Config) -> None:
    """Read the baseline; the first run makes it."""
    try:
        baseline = read_baseline(find_project(config.rootpath).baseline)
    except BadBaseline as error:
        raise pytest.UsageError(str(error)) from None
    accepts = bool(config.getoption("--accept")) or baseline is None
    config.stash[VERDICTS] = Verdicts(baseline, accepts)


def pytest_terminal_summary(exitstatus: int, config: pytest.Config) -> None:
    """Show the verdicts, and store what was measured if it is accepted."""
    verdicts, show = config.stash[VERDICTS], Console().print
    show(verdicts.table())
    if verdicts.accepts and verdicts.verdicts and exitstatus == pytest.ExitCode.OK:
        file = find_project(config.rootpath).baseline
        file.parent.mkdir(parents=True, exist_ok=True)
        write_baseline(verdicts.accepted(), file)
        show("tests/perf/baseline.toml has these ratios now: commit it.")
        if verdicts.baseline is None:
            show("There was none before: nothing was compared.")


@pytest.fixture(scope="session")
def application(workspace: Workspace) -> Iterator[InProcessApplication]:
    """Return the application in this process, on the database of `workspace`."""
    with open_application(workspace) as opened:
        yield opened


@pytest.fixture
def measure(
    benchmark: BenchmarkFixture, application: InProcessApplication, pytestconfig: pytest.Config
) -> Measure:
    """Return what measures a path."""
    return Measure(benchmark, application, pytestconfig.stash[VERDICTS])
