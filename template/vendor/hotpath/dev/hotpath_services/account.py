"""The user that servers run as: oneself, or `nobody` for root, as PostgreSQL refuses root."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

SERVERS_OF_ROOT = "nobody"


@dataclass(frozen=True)
class Account:
    """A user to run programs as; None keeps what this process has."""

    user: int | None = None
    group: int | None = None
    extra_groups: tuple[int, ...] | None = None

    @property
    def is_another(self) -> bool:
        """Whether files have to be handed over."""
        return self.user is not None

    def run(
        self, command: Sequence[str], *, stdin: str = "", timeout_s: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end and return its output as text; the exit code is not checked."""
        return subprocess.run(  # noqa: S603 - commands are built in this package
            command,
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout_s,
            check=False,
            cwd="/",
            user=self.user,
            group=self.group,
            extra_groups=self.extra_groups,
        )

    def start(
        self, command: Sequence[str], *, output: IO[bytes], keep_open: IO[str], cwd: Path
    ) -> subprocess.Popen[bytes]:
        """Start a program in a session of its own, so that it outlives the terminal."""
        return subprocess.Popen(  # noqa: S603 - commands are built in this package
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=(keep_open.fileno(),),
            start_new_session=True,
            cwd=cwd,
            user=self.user,
            group=self.group,
            extra_groups=self.extra_groups,
        )

    def can_run(self, program: Path) -> bool:
        """Whether the program starts, tried with `--version`."""
        try:
            return self.run([str(program), "--version"]).returncode == 0
        except (OSError, subprocess.SubprocessError):
            return False

    def can_enter(self, folder: Path) -> bool:
        """Whether every part of the path lets the user through, tried with `cd`."""
        return self.run(["/bin/sh", "-c", 'cd -- "$0"', str(folder)]).returncode == 0

    def give(self, tree: Path) -> None:
        """Make the user the owner of `tree`; nothing to do for one's own files."""
        if self.user is None or self.group is None:
            return
        for path in (tree, *tree.rglob("*")):
            os.chown(path, self.user, self.group, follow_symlinks=False)


def server_account() -> Account:
    """Return the user to run servers as."""
    if os.geteuid() != 0:
        return Account()
    entry = pwd.getpwnam(SERVERS_OF_ROOT)
    return Account(entry.pw_uid, entry.pw_gid, ())
