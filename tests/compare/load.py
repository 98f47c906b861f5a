"""The load of wrk, which checks every answer with `check.lua`."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .cores import CompareError, Cores, pinned
from .workloads import BULK, HOT_USERS, USERS, Workload

SCRIPT = Path(__file__).with_name("check.lua")
TIMEOUT_S = 30
PRINTED = re.compile(r"^COMPARE (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)$", re.MULTILINE)
SAMPLE = re.compile(r"^WRONG (.+)$", re.MULTILINE)
HOW_TO_GET_IT = "wrk is needed and not there: `apt-get install wrk`, or `brew install wrk`."


@dataclass(frozen=True)
class Load:
    """What a load generator saw."""

    requests: int
    took_s: float
    p50_ms: float
    p99_ms: float

    @property
    def per_second(self) -> float:
        return self.requests / self.took_s


@dataclass(frozen=True)
class Page:
    """A page that can be asked for: its place as a query, and the id of its first user."""

    place: str
    first: int


def find_wrk() -> str:
    """Return where wrk is.

    Raises:
        CompareError: nowhere; how to get it.
    """
    found = shutil.which("wrk")
    if not found:
        raise CompareError(HOW_TO_GET_IT)
    return found


def send(
    workload: Workload,
    url: str,
    path: str,
    *,
    pages: Sequence[Page],
    seed: int,
    seconds: int,
    cores: Cores,
) -> Load:
    """Load a service for `seconds`.

    Raises:
        CompareError: an answer was wrong, or none came.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.writelines(f"{page.place} {page.first}\n" for page in pages)
        file.flush()
        script = workload.script or workload.id
        variables = {
            "COMPARE_WORKLOAD": script,
            "COMPARE_PATH": path,
            "COMPARE_SEED": str(seed),
            "COMPARE_USERS": str(HOT_USERS if script.startswith("W2") else USERS),
            "COMPARE_BULK": str(BULK),
            "COMPARE_PAGES": file.name,
        }
        limits = [f"--duration={seconds}s", f"--timeout={TIMEOUT_S}s", "--threads=1"]
        command = [find_wrk(), *limits, f"--connections={workload.connections}"]
        done = subprocess.run(
            [*command, f"--script={SCRIPT}", url],
            env=os.environ | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            preexec_fn=pinned(cores.others),
        )
    return read_printed(done.stdout)


def read_printed(printed: str) -> Load:
    """Return what wrk and our script printed.

    Raises:
        CompareError: it ended early, an answer was wrong or lost, or there was none.
    """
    match = PRINTED.search(printed)
    if not match:
        raise CompareError(f"wrk ended without a result:\n{printed[-2000:]}")
    requests, took_us, wrong, lost, p50_us, p99_us = map(int, match.groups())
    sample = SAMPLE.search(printed)
    if wrong:
        raise CompareError(
            f"{wrong} of {requests} answers were wrong, the first one: {sample and sample[1]}"
        )
    if lost or not requests:
        raise CompareError(f"{lost} requests had no answer, {requests} had one.")
    return Load(requests, took_us / 1e6, p50_us / 1e3, p99_us / 1e3)
