"""The history has a line per run: ratios of the hot paths, and figures of the load."""

import json
from pathlib import Path

import pytest
from hotpath.testing.bench.history import append, line_of

PATH = {"extra_info": {"path": "GET /a", "cpu": 2.34567, "wall": 0.0123456}}
LOAD = {"GET /a": {"requests": 10, "failures": 1, "latencies_ms": {"50%": 3.0}}}


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Return what a run of both sessions leaves, and an older load."""
    (tmp_path / "bench.json").write_text(json.dumps({"benchmarks": [PATH]}))
    for day, figures in (("2026-01-02", LOAD), ("2026-01-01", {})):
        (tmp_path / "load" / day).mkdir(parents=True)
        (tmp_path / "load" / day / "figures.json").write_text(json.dumps(figures))
    return tmp_path


def test_a_line_has_ratios_and_the_latest_load(results: Path) -> None:
    expected = {"commit": "x", "bench": {"GET /a": {"cpu": 2.35, "wall": 0.0123}}, "load": LOAD}

    assert expected == json.loads(line_of(results, {"commit": "x"}))


def test_what_a_failed_session_left_out_is_empty(tmp_path: Path) -> None:
    assert json.loads(line_of(tmp_path, {})) == {"bench": {}, "load": {}}


def test_each_run_adds_a_line_that_says_when_and_where(results: Path, tmp_path: Path) -> None:
    history = tmp_path / "kept" / "history.jsonl"

    append(results, history)
    append(results, history)

    lines = [json.loads(line) for line in history.read_text("utf-8").splitlines()]
    assert len(lines) == 2
    assert {"date", "commit", "machine", "python", "bench", "load"} == lines[1].keys()
