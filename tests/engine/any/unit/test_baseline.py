"""The stored ratios of `nox -s bench` say what is too slow."""

import subprocess
import sys
from pathlib import Path

import pytest
from hotpath.testing.bench.baseline import (
    BadBaseline,
    Baseline,
    Ratios,
    changes,
    read_baseline,
    write_baseline,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "baseline.toml"


def test_what_was_stored_is_read_again(file: Path) -> None:
    baseline = Baseline({"GET /a": Ratios(2.0, 0.031)}, Ratios(1.5, 2.0))

    write_baseline(baseline.with_ratios({"GET /b, cached": Ratios(1200.0, 4.0)}), file)

    expected = {"GET /a": Ratios(2.0, 0.031), "GET /b, cached": Ratios(1200.0, 4.0)}
    assert read_baseline(file) == Baseline(expected, Ratios(1.5, 2.0))


def test_a_path_is_too_slow_by_work_or_by_waiting() -> None:
    limit = Baseline({"GET /a": Ratios(2.0, 3.0)}, Ratios(1.5, 2.0)).limit("GET /a")

    assert limit == Ratios(3.0, 6.0)
    assert not Ratios(3.0, 6.0).exceed(limit)
    assert Ratios(3.1, 3.0).exceed(limit)
    assert Ratios(2.0, 6.1).exceed(limit)


def test_nothing_is_known_of_other_paths_or_without_a_file(file: Path) -> None:
    assert Baseline({}).limit("GET /a") is None
    assert read_baseline(file) is None


@pytest.mark.parametrize("text", ["", "tolerance = 1", "[paths]\na = 1", "[paths"])
def test_a_file_of_another_shape_is_told(file: Path, text: str) -> None:
    file.write_text(text)

    with pytest.raises(BadBaseline, match="not as `--accept` writes it"):
        read_baseline(file)


def test_what_is_accepted_is_told_beside_what_was() -> None:
    assert changes(Ratios(2.0, 0.5), Ratios(2.468, 0.4)) == ("2 → 2.47", "0.5 → 0.4")
    assert changes(None, Ratios(2468.0, 0.4)) == ("2470", "0.4")


def test_help_is_about_the_bench() -> None:
    """Not about pytest, which it runs."""
    command = [sys.executable, "-m", "hotpath.testing.bench", "--help"]

    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert all(word in shown for word in ("hot_*.py", "baseline.toml", "--accept", "-k"))
    assert "--collect-only" not in shown
