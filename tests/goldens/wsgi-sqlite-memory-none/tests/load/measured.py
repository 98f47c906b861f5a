"""What locust measured: read from its CSV, and kept as JSON for the history of runs."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path

from .objectives import Figures

ALL = "Aggregated"
"""What locust calls all routes together."""


def read_measured(file: Path) -> dict[str, Figures]:
    """Return route → figures, `ALL` among them."""
    with file.open(newline="") as rows:
        return {
            f"{row['Type']} {row['Name']}".strip(): _figures_of(row) for row in csv.DictReader(rows)
        }


def write_figures(measured: Mapping[str, Figures], file: Path) -> None:
    """Keep them."""
    whole = {route: figures._asdict() for route, figures in measured.items()}
    file.write_text(json.dumps(whole, indent=1), "utf-8")


def _figures_of(row: Mapping[str, str]) -> Figures:
    percentiles = {
        name: float(value) for name, value in row.items() if name.endswith("%") and value != "N/A"
    }
    requests, failures = int(row["Request Count"]), int(row["Failure Count"])
    return Figures(requests, failures, round(float(row["Requests/s"]), 2), percentiles)
