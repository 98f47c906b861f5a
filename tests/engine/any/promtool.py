"""Prometheus' own checks, by its program `promtool`."""

import shutil
import subprocess

import pytest

MISSING = "There is no program promtool: install it, with `apt-get install prometheus`."


def promtool(*arguments: str, text: str = "") -> str:
    """Run promtool; return what it says, "" if it has nothing to complain about."""
    program = shutil.which("promtool")
    if program is None:
        pytest.skip(MISSING)
    done = subprocess.run(
        [program, *arguments], input=text, capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 and not done.stderr else done.stdout + done.stderr
