"""What a run ran on, for the page."""

import os
import platform
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from .cores import Cores
from .load import find_wrk
from .recipes import Recipe, versions_of

SHOWN = (
    "fastapi",
    "litestar",
    "advanced-alchemy",
    "flask",
    "uvicorn",
    "granian",
    "gunicorn",
    "pydantic",
    "sqlalchemy",
    "asyncpg",
    "psycopg",
    "aiosqlite",
    "redis",
    "hiredis",
    "msgspec",
    "orjson",
    "uvloop",
)


def describe_machine(cores: Cores, stores: Mapping[str, str]) -> dict[str, str]:
    """Return processor, memory, system, and the versions that all systems share."""
    total_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": processor(),
        "cores": f"{len(cores.all)}: 1 for the service, {len(cores.others)} for load and databases",
        "memory": f"{total_gib:.0f} GiB",
        "system": f"{platform.system()} {platform.release().split('-')[0]}, {platform.machine()}",
        "Python": platform.python_version(),
        "wrk": wrk_version(),
        "load of the machine before": f"{os.getloadavg()[0]:.1f}",
        **stores,
    }


def processor() -> str:
    """Return the name of the processor."""
    match = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return match[1] if match else platform.machine()


def wrk_version() -> str:
    """Return the version of wrk, which it says with its usage."""
    printed = subprocess.run([find_wrk(), "-v"], capture_output=True, text=True, check=False)
    match = re.search(r"wrk (?:debian/)?([\w.]+)", printed.stdout + printed.stderr)
    return match[1] if match else "unknown"


def describe_environments(folder: Path, recipes: Mapping[str, Recipe]) -> dict[str, dict[str, str]]:
    """Return per recipe the versions of the libraries that matter."""
    return {name: versions_of(folder / name, SHOWN) for name in recipes}
