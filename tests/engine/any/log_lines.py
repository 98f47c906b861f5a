"""Lines of a program's log, and the processes that write them."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Any

from hotpath.observability.logs import configure_logs
from hotpath.settings import ObservabilitySettings

IN_EVERY_LINE = {"event", "level", "logger", "timestamp"}


def json_lines(log: Path) -> list[dict[str, Any]]:
    """Return all lines of stdout and stderr, each of which is an object with what all have."""
    lines = []
    for text in log.read_text().splitlines():
        try:
            line = json.loads(text)
        except ValueError:
            raise AssertionError(f"no JSON: {text}") from None
        assert set(line) >= IN_EVERY_LINE, text
        lines.append(line)
    return lines


def events(log: Path) -> list[str]:
    """Return what happened."""
    return [line["event"] for line in json_lines(log)]


@contextmanager
def logging_as_in_production(level: str = "info") -> Iterator[StringIO]:
    """Have this process log as in production while the block runs; yield what it writes."""
    root = logging.getLogger()
    handlers, level_before = root.handlers[:], root.level
    with redirect_stderr(StringIO()) as lines:
        configure_logs(ObservabilitySettings(level=level), is_json=True)
        try:
            yield lines
        finally:
            root.handlers[:] = handlers
            root.setLevel(level_before)
            logging.captureWarnings(False)


def children(pid: int) -> list[int]:
    """Return the processes that a process has started, the youngest last."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return sorted(map(int, text.split()))
