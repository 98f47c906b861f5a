"""What is printed and stored of the verdicts."""

import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from hotpath.testing.load.figures import Figures
from hotpath.testing.load.objectives import Verdict


def report(verdicts: Sequence[Verdict], total: Figures, folder: Path) -> None:
    """Print the verdicts and store them beside the plots."""
    table = Table("objective", "wanted", "measured", "verdict")
    for verdict in verdicts:
        words = "holds" if verdict.holds else "[red]DOES NOT HOLD[/red]"
        table.add_row(verdict.objective, verdict.wanted, verdict.measured, words)
    stored = [verdict._asdict() for verdict in verdicts]
    (folder / "verdict.json").write_text(json.dumps(stored, ensure_ascii=False, indent=1), "utf-8")
    show = Console().print
    show(table)
    show(f"{total.requests:,} requests, {total.failures:,} failed. Over time: {folder}/report.html")
