"""The README's first command: a service runs and answers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from stacks import ROOT

pytestmark = pytest.mark.projects


def test_the_demo_shows_a_user_created_and_read_back(tmp_path: Path) -> None:
    # As nox sets it; the demo must not install the service into our own environment.
    environment = {**os.environ, "UV_PROJECT_ENVIRONMENT": sys.prefix}
    command = [sys.executable, str(ROOT / "tests" / "demo.py"), str(tmp_path)]

    shown = subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=300, env=environment
    ).stdout

    assert '201 {"id":1,"email":"ada@example.com"' in shown
    assert '200 {"id":1,"email":"ada@example.com"' in shown
    assert (tmp_path / "shop" / ".venv").is_dir()
