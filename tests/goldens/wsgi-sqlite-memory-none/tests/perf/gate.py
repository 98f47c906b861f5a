"""The plugin of `nox -s bench`: measures paths against yardsticks, and judges by the baseline.

Loaded by that session only; `hot_*.py` beside this file say what is measured.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from rich.console import Console
from rich.table import Table

from shop.observability.logs import configure_logs
from shop.observability.metrics import Metrics
from shop.resources import Resources, open_resources

from ..workspace import Workspace
from .baseline import BadBaseline, Baseline, Ratios, changes, read_baseline, short, write_baseline
from .clock import Clock, Work
from .measured import measured
from .running import Run, running

__all__ = ["measured"]

ROUNDS = 150
TIMES = 100
"""Of the yardstick in a round: about a millisecond."""

ATTEMPTS = 4
"""A path is slow if it is so each time: what else the machine does passes."""

DOCUMENT = {"id": 7, "name": "Ada", "tags": ["a", "b"], "at": {"x": 1.5, "y": None}}


@dataclass(frozen=True)
class Verdict:
    """What a path took, in yardsticks, and at most may take."""

    path: str
    ratios: Ratios
    limit: Ratios | None

    @property
    def holds(self) -> bool:
        """Tell whether it may pass."""
        return self.limit is not None and not self.ratios.exceed(self.limit)

    @property
    def words(self) -> str:
        """Return it in a word or two."""
        if self.limit is None:
            return "UNKNOWN"
        return "holds" if self.holds else "TOO SLOW"


@dataclass
class Gate:
    """The verdicts of a run."""

    baseline: Baseline | None
    accepts: bool
    verdicts: list[Verdict] = field(default_factory=list)

    def judge(self, verdict: Verdict) -> None:
        """Fail the test of a path that is too slow or unknown."""
        self.verdicts.append(verdict)
        if self.accepts or verdict.holds:
            return
        if verdict.limit is None:
            reason = "it is not in tests/perf/baseline.toml: `nox -s bench -- --accept`"
        else:
            reason = f"it takes {verdict.ratios}; at most {verdict.limit} is accepted"
        pytest.fail(f"{verdict.path}: {reason}", pytrace=False)

    def accept(self) -> None:
        """Store what was measured."""
        ratios = {verdict.path: verdict.ratios for verdict in self.verdicts}
        write_baseline((self.baseline or Baseline({})).with_ratios(ratios))

    def table(self) -> Table:
        """Return the verdicts, to be read."""
        if self.accepts:
            return self._table_of_changes()
        table = Table("path", "cpu", "at most", "wall", "at most", "verdict", title="yardsticks")
        for verdict in self.verdicts:
            pairs = zip(verdict.ratios, verdict.limit or (None, None), strict=True)
            cells = [short(cell) if cell else "-" for pair in pairs for cell in pair]
            table.add_row(verdict.path, *cells, verdict.words)
        return table

    def _table_of_changes(self) -> Table:
        before = {} if self.baseline is None else self.baseline.ratios
        table = Table("path", "cpu", "wall", title="yardsticks, accepted before → now")
        for verdict in self.verdicts:
            table.add_row(verdict.path, *changes(before.get(verdict.path), verdict.ratios))
        return table


GATE = pytest.StashKey[Gate]()


class Measure:
    """Measures a path."""

    def __init__(
        self, benchmark: BenchmarkFixture, run: Run[Any], yardstick: Work, gate: Gate
    ) -> None:
        self._benchmark = benchmark
        self._run = run
        self._yardstick = yardstick
        self._gate = gate

    def __call__(
        self,
        path: str,
        work: Work,
        *,
        times: int,
        against: Work | None = None,
        rounds: int = ROUNDS,
    ) -> None:
        """Do `work` and a yardstick in turn; compare the ratio with the accepted one.

        Args:
            times: Of `work` in a round: a few milliseconds of it.
            against: The yardstick; JSON there and back, in plain Python, if there is none.
        """
        walk = Clock(self._run, work, times)
        yard = Clock(self._run, against or self._yardstick, TIMES if against is None else times)
        self._benchmark.pedantic(walk.measure, setup=yard.measure, rounds=rounds)
        baseline = self._gate.baseline
        limit = None if self._gate.accepts or baseline is None else baseline.limit(path)
        for _ in range(rounds * (ATTEMPTS - 1)):
            if limit is None or not walk.ratios_to(yard).exceed(limit):
                break
            yard.measure()
            walk.measure()
        verdict = Verdict(path, walk.ratios_to(yard), limit)
        self._benchmark.extra_info.update(path=path, **verdict.ratios._asdict())
        self._gate.judge(verdict)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--accept`."""
    parser.addoption("--accept", action="store_true", help="store the ratios of this run")


def pytest_configure(config: pytest.Config) -> None:
    """Read the baseline; the first run makes it."""
    try:
        baseline = read_baseline()
    except BadBaseline as error:
        raise pytest.UsageError(str(error)) from None
    accepts = bool(config.getoption("--accept")) or baseline is None
    config.stash[GATE] = Gate(baseline, accepts)


def pytest_terminal_summary(exitstatus: int, config: pytest.Config) -> None:
    """Show the verdicts, and store them if they are to be."""
    gate, show = config.stash[GATE], Console().print
    show(gate.table())
    if gate.accepts and gate.verdicts and exitstatus == pytest.ExitCode.OK:
        gate.accept()
        show("tests/perf/baseline.toml has these ratios now: commit it.")
        if gate.baseline is None:
            show("There was none before: nothing was judged.")


@pytest.fixture(scope="session")
def run() -> Iterator[Run[Any]]:
    """Return what runs a piece of work to its end."""
    with running() as runs:
        yield runs


@pytest.fixture(scope="session")
def opened(run: Run[Any], measured: Workspace) -> Iterator[Resources]:
    """Open what a process of the service opens, in this process."""
    settings = measured.settings()
    configure_logs(settings.observability, is_json=True)
    stack = ExitStack()
    yield run(stack.enter_context(open_resources(settings, Metrics())))
    run(stack.close())


@pytest.fixture
def measure(benchmark: BenchmarkFixture, run: Run[Any], request: pytest.FixtureRequest) -> Measure:
    """Return what measures a path."""

    def json_there_and_back(times: int) -> None:
        for _ in range(times):
            json.loads(json.dumps(DOCUMENT))

    return Measure(benchmark, run, json_there_and_back, request.config.stash[GATE])
