"""Warnings that many callers give at once."""

from collections.abc import Mapping
from typing import Any

import pytest
from hotpath.observability import rare_warning
from hotpath.observability.rare_warning import RareWarning
from structlog.testing import capture_logs


def test_a_warning_is_logged_once_in_a_while_with_how_often_it_was_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr(rare_warning, "monotonic", lambda: now[0])
    warning = RareWarning("away", every_s=10)

    with capture_logs() as lines:
        for _ in range(1000):
            warning.give(error="first")
        now[0] += 10
        warning.give(error="later")
        warning.give(error="later")
        now[0] += 1000
        warning.give(error="much later")

    assert [*map(without_level, lines)] == [
        {"event": "away", "error": "first", "times": 1},
        {"event": "away", "error": "later", "times": 1000},
        {"event": "away", "error": "much later", "times": 1},
    ]


def without_level(line: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a line says."""
    assert line["log_level"] == "warning"
    return {name: value for name, value in line.items() if name != "log_level"}
