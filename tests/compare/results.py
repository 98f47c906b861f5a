"""What was measured, as it is kept in `docs/benchmarks.json`, and medians of it."""

import json
import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .source import Lines
from .systems import SYSTEM_BY_ID, asks


@dataclass(frozen=True)
class Run:
    """One workload of one system in one round."""

    round: int
    system: str
    workload: str
    per_second: float
    cpu_us: float
    """CPU time of the service's processes per request."""
    busy: float
    """Share of its core that the service used; well below 1, others were the limit."""
    p50_ms: float
    p99_ms: float
    requests: int


@dataclass(frozen=True)
class Begin:
    """One start of one system in one round."""

    round: int
    system: str
    stack: str
    first_200_s: float
    rss_mb: float
    uss_mb: float


@dataclass
class Results:
    """All of a run, and what it ran on."""

    date: str
    rounds: int
    seconds: int
    command: str
    machine: dict[str, str]
    versions: dict[str, dict[str, str]]
    titles: dict[str, str]
    runs: list[Run] = field(default_factory=list)
    starts: list[Begin] = field(default_factory=list)
    sources: dict[str, Lines] = field(default_factory=dict)
    """Of each system the lines for an entity."""

    def median(
        self, system: str, workload: str, figure: Callable[[Run], float] | None = None
    ) -> float | None:
        """Return the median of a figure, requests a second if not said otherwise.

        A system that is not asked for what is only in Redis has no other cache: W2 counts.
        """
        take = figure or (lambda run: run.per_second)
        values = [take(run) for run in self._of(system, workload)]
        if workload == "W2r" and not asks(SYSTEM_BY_ID[system], workload):
            values = [take(run) for run in self._of(system, "W2")]
        return statistics.median(values) if values else None

    def ratio(self, system: str, baseline: str, workload: str) -> float | None:
        """Return how many times the baseline's requests a second this one answers."""
        ours, theirs = self.median(system, workload), self.median(baseline, workload)
        return ours / theirs if ours and theirs else None

    def best(self, systems: tuple[str, ...], workload: str) -> str | None:
        """Return which of these answers most requests a second."""
        reached = {system: self.median(system, workload) for system in systems}
        measured = {system: value for system, value in reached.items() if value is not None}
        return max(measured, key=lambda system: measured[system]) if measured else None

    def spread(self, system: str, workload: str) -> float | None:
        """Return the distance of the quickest and the slowest round, as a share of the median."""
        values = [run.per_second for run in self._of(system, workload)]
        return (max(values) - min(values)) / statistics.median(values) if values else None

    def start_of(self, system: str, stack: str, figure: Callable[[Begin], float]) -> float | None:
        """Return the median of a figure of the starts."""
        values = [figure(s) for s in self.starts if (s.system, s.stack) == (system, stack)]
        return statistics.median(values) if values else None

    def _of(self, system: str, workload: str) -> list[Run]:
        return [run for run in self.runs if (run.system, run.workload) == (system, workload)]

    def write(self, path: Path) -> None:
        """Write all of it as JSON, a run a line."""
        whole = asdict(self)
        lines = {
            name: "[\n" + ",\n".join(f"    {json.dumps(row)}" for row in whole.pop(name)) + "\n  ]"
            for name in ("runs", "starts")
        }
        head = json.dumps(whole, indent=2, ensure_ascii=False).removesuffix("\n}")
        tail = ",\n".join(f'  "{name}": {rows}' for name, rows in lines.items())
        path.write_text(f"{head},\n{tail}\n}}\n", "utf-8")


def read_results(path: Path) -> Results:
    """Return what an earlier run wrote."""
    whole = json.loads(path.read_text("utf-8"))
    runs = [Run(**run) for run in whole.pop("runs")]
    starts = [Begin(**start) for start in whole.pop("starts")]
    sources = {system: Lines(**lines) for system, lines in whole.pop("sources", {}).items()}
    return Results(**whole, runs=runs, starts=starts, sources=sources)
