"""The task after `copier copy`, run in the new project: a repository and a lock, never a commit.

Neither is needed to have the project: when git, uv or the network is missing, one sentence says
what to run later and the copy stands.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys

LOCK_TIMEOUT_S = 300


def main() -> None:
    init_repository()
    lock()


def init_repository() -> None:
    """Start a repository on `main`, unless the project lies in one already."""
    if not (git := shutil.which("git")):
        say("git was not found: run `git init` later; `copier update` needs the repository.")
    elif not run([git, "rev-parse", "--is-inside-work-tree"]).returncode:
        return
    elif (done := run([git, "-c", "init.defaultBranch=main", "init", "--quiet"])).returncode:
        say(f"git could not start a repository: run `git init` later. {first_line(done.stderr)}")


def lock() -> None:
    """Resolve the dependencies into `uv.lock`."""
    if not (uv := find_uv()):
        say("uv was not found: install it (https://docs.astral.sh/uv/) and run `uv lock` here.")
        return
    say("Locking the dependencies with uv; this can take a minute ...")
    if (done := run([*uv, "lock", "--quiet"])).returncode:
        say(f"uv could not lock them: run `uv lock` later. {first_line(done.stderr)}")


def find_uv() -> list[str]:
    """Return the command of `$UV`, of PATH or of this Python; [] if there is none."""
    for name in (os.environ.get("UV"), "uv"):
        if name and (path := shutil.which(name)):
            return [path]
    return [sys.executable, "-m", "uv"] if importlib.util.find_spec("uv") else []


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603  # fixed arguments, no shell
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=LOCK_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 1, "", str(error))


def first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
