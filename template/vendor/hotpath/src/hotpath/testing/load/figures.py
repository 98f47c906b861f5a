"""What locust measured: read from its CSV, and stored as JSON for the history of runs."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

ALL = "Aggregated"
"""What locust calls all routes together."""


class Figures(NamedTuple):
    """What was measured of one route, or of all."""

    requests: int
    failures: int
    requests_per_s: float
    latencies_ms: Mapping[str, float]

    @property
    def good_per_s(self) -> float:
        """How many did not fail: what is refused at once is no throughput."""
        good = self.requests - self.failures
        return self.requests_per_s * good / self.requests if self.requests else 0.0


def read_figures(file: Path) -> dict[str, Figures]:
    """Return route → figures, `ALL` among them."""
    with file.open(newline="") as rows:
        return {
            f"{row['Type']} {row['Name']}".strip(): _figures_of(row) for row in csv.DictReader(rows)
        }


def write_figures(measured: Mapping[str, Figures], file: Path) -> None:
    """Store them."""
    whole = {route: figures._asdict() for route, figures in measured.items()}
    file.write_text(json.dumps(whole, indent=1), "utf-8")


def _figures_of(row: Mapping[str, str]) -> Figures:
    percentiles = {
        name: float(value) for name, value in row.items() if name.endswith("%") and value != "N/A"
    }
    requests, failures = int(row["Request Count"]), int(row["Failure Count"])
    return Figures(requests, failures, round(float(row["Requests/s"]), 2), percentiles)
