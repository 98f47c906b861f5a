"""Commands that prepare a run, with the environment of this process less what is about it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from .cores import CompareError

UV = str(Path(sys.executable).with_name("uv"))
PYTHON = str(getattr(sys, "_base_executable", sys.executable))
OURS = ("UV_PROJECT", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "NOX_", "SHOP_")


def environment() -> dict[str, str]:
    """Return the environment for processes that are not ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return kept | {"UV_PYTHON": PYTHON, "UV_PYTHON_DOWNLOADS": "never"}


def run(cwd: Path, *command: str, variables: Mapping[str, str] | None = None) -> str:
    """Run a command to its end; return what it printed.

    Raises:
        CompareError: it failed; with what it printed.
    """
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment() | dict(variables or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        shown = " ".join([Path(command[0]).name, *command[1:]])
        raise CompareError(f"`{shown}` failed with {done.returncode}:\n{done.stdout[-3000:]}")
    return done.stdout
