"""What the paths of a run took, whether that was accepted, and the tables that say so."""

from dataclasses import dataclass, field

import pytest
from rich.table import Table

from hotpath.testing.bench.baseline import Baseline, Ratios, changes, short


@dataclass(frozen=True)
class Verdict:
    """What a path took and at most may take, in multiples of its reference."""

    path: str
    ratios: Ratios
    limit: Ratios | None

    @property
    def holds(self) -> bool:
        """Whether it may pass."""
        return self.limit is not None and not self.ratios.exceed(self.limit)

    @property
    def words(self) -> str:
        """It in a word or two."""
        if self.limit is None:
            return "UNKNOWN"
        return "holds" if self.holds else "TOO SLOW"


@dataclass
class Verdicts:
    """The verdicts of a run.

    Attributes:
        baseline: What was accepted before; None if nothing ever was.
        accepts: Whether what is measured becomes the baseline, and nothing is refused.
    """

    baseline: Baseline | None
    accepts: bool
    verdicts: list[Verdict] = field(default_factory=list)

    def limit(self, path: str) -> Ratios | None:
        """Return the most that a path may take; None if there is no limit."""
        return None if self.accepts or self.baseline is None else self.baseline.limit(path)

    def add(self, verdict: Verdict) -> None:
        """Fail the test of a path that is too slow or unknown."""
        self.verdicts.append(verdict)
        if self.accepts or verdict.holds:
            return
        if verdict.limit is None:
            reason = "it is not in tests/perf/baseline.toml: `nox -s bench -- --accept`"
        else:
            reason = f"it takes {verdict.ratios}; at most {verdict.limit} is accepted"
        pytest.fail(f"{verdict.path}: {reason}", pytrace=False)

    def accepted(self) -> Baseline:
        """Return the baseline with what was measured."""
        ratios = {verdict.path: verdict.ratios for verdict in self.verdicts}
        return (self.baseline or Baseline({})).with_ratios(ratios)

    def table(self) -> Table:
        """Return the verdicts as a table."""
        if self.accepts:
            return self._table_of_changes()
        title = "multiples of the reference"
        table = Table("path", "cpu", "at most", "wall", "at most", "verdict", title=title)
        for verdict in self.verdicts:
            pairs = zip(verdict.ratios, verdict.limit or (None, None), strict=True)
            cells = [short(cell) if cell else "-" for pair in pairs for cell in pair]
            table.add_row(verdict.path, *cells, verdict.words)
        return table

    def _table_of_changes(self) -> Table:
        before = {} if self.baseline is None else self.baseline.ratios
        title = "multiples of the reference, accepted before → now"
        table = Table("path", "cpu", "wall", title=title)
        for verdict in self.verdicts:
            table.add_row(verdict.path, *changes(before.get(verdict.path), verdict.ratios))
        return table
