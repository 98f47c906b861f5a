"""A line per run: the ratios of `nox -s bench` and the latencies of the latest `nox -s load`.

Continuous integration calls it: `python -m hotpath.testing.bench.history results history.jsonl`.
Ratios hold on any machine, latencies on one like that which the line names.
"""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hotpath.testing.bench.baseline import short
from hotpath.testing.project import find_project


def line_of(results: Path, about: Mapping[str, object]) -> str:
    """Return the line; a session that left nothing is empty in it."""
    return json.dumps({**about, "bench": _ratios(results), "load": _latest_load(results)})


def _ratios(results: Path) -> Mapping[str, Mapping[str, float]]:
    file = results / "bench.json"
    measured = [each["extra_info"] for each in _read(file)["benchmarks"]] if file.exists() else []
    kinds = ("cpu", "wall")
    return {each["path"]: {kind: float(short(each[kind])) for kind in kinds} for each in measured}


def _latest_load(results: Path) -> Mapping[str, Any]:
    found = sorted(results.glob("load/*/figures.json"))
    return _read(found[-1]) if found else {}


def _read(file: Path) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return whole


def about_now() -> dict[str, object]:
    """Return when and on what this runs."""
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"],  # noqa: S607 - the developer's git
        cwd=find_project().folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit.stdout.strip(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "python": platform.python_version(),
    }


def append(results: Path, history: Path) -> None:
    """Add this run to a file that is made if it is not there."""
    history.parent.mkdir(parents=True, exist_ok=True)
    with history.open("a", encoding="utf-8") as lines:
        lines.write(f"{line_of(results, about_now())}\n")


if __name__ == "__main__":
    append(*map(Path, sys.argv[1:]))
