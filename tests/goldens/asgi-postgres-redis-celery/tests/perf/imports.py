"""What the import of the app costs, per package: `nox -s imports`. A table in Markdown.

Milliseconds of each package's own modules, the least of some runs: the disk and others are in them.
"""

import subprocess
import sys
from collections import Counter

import shop

APP = shop.__name__ + ".app"
RUNS = 5
SHOWN = 20


def measure() -> Counter[str]:
    """Return microseconds per package; names of the standard library count as one."""
    command = [sys.executable, "-X", "importtime", "-c", f"import {APP}"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    found: Counter[str] = Counter()
    for line in told.splitlines()[1:]:
        own_us, _, name = line.removeprefix("import time:").split("|")
        root = name.strip().partition(".")[0]
        found["the standard library" if root in sys.stdlib_module_names else root] += int(own_us)
    return found


def report() -> str:
    """Return the table."""
    measure()  # compiles
    least = min((measure() for _ in range(RUNS)), key=Counter.total)
    rows = [("**all**", least.total()), *least.most_common(SHOWN)]
    head = [f"`import {APP}`", "", "| package | ms |", "|---|---:|"]
    return "\n".join(head + [f"| {name} | {us / 1000:.1f} |" for name, us in rows]) + "\n"


if __name__ == "__main__":
    sys.stdout.write(report())
