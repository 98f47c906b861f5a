"""What ruff says about converted code."""

import subprocess
import sys
from pathlib import Path

PACKAGE = "shop"


def ruff_complaints(folder: Path, rules: str, package: str = PACKAGE) -> str:
    """Return what ruff's formatter and these rules say of code of `package`, "" if nothing."""
    options = ["--isolated", "--quiet", "--line-length=100", "--target-version=py311", "--no-cache"]
    first_party = f'lint.isort.known-first-party=["{package}", "migrations", "tests"]'
    check = ["check", f"--select={rules}", "--config", first_party]
    said = [
        subprocess.run(
            [sys.executable, "-m", "ruff", *command, *options, str(folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        for command in (["format", "--diff"], check)
    ]
    return "".join(result.stdout + result.stderr for result in said)
