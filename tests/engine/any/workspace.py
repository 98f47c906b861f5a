"""The service's commands as processes of their own, in a folder without a developer's `.env`."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import copytree

import package_name
import pytest
from hotpath.settings import PREFIX
from package_name.settings import Settings, read_settings

PROJECT = Path(__file__).resolve().parent.parent
LINES_SHOWN = 40
COMMAND = (sys.executable, "-m", package_name.__name__)
# Kills a group of processes once the other end of its pipe is closed, by us or by our death.
WATCHDOG = 'read -r _; kill -s KILL -- "-$0"'


@dataclass(frozen=True)
class Program:
    """A running command and what it wrote."""

    process: subprocess.Popen[bytes]
    log: Path

    def stop(self) -> None:
        """Ask the process to end, as a process manager does."""
        self.process.send_signal(signal.SIGTERM)

    def stop_all(self) -> None:
        """Ask all its processes to end, as a terminal does."""
        os.killpg(self.process.pid, signal.SIGTERM)

    def ends_within(self, limit_s: float) -> int:
        """Return the exit code."""
        return self.process.wait(limit_s)


@dataclass(frozen=True)
class Workspace:
    """Where commands run, and the environment they get."""

    folder: Path
    environment: Mapping[str, str]

    @classmethod
    def in_folder(cls, folder: Path) -> "Workspace":
        """Make `folder` a place to run commands in, with no setting but the defaults."""
        copytree(PROJECT / "migrations", folder / "migrations")
        kept = {name: value for name, value in os.environ.items() if not is_setting(name)}
        return cls(folder, {**kept, "TMPDIR": str(folder)})

    def with_variables(self, variables: Mapping[str, str]) -> "Workspace":
        """Return the same place with more environment variables."""
        return replace(self, environment={**self.environment, **variables})

    def with_settings(self, **settings: object) -> "Workspace":
        """Return the same place with other settings, such as `SERVER__DRAIN_S=2`."""
        return self.with_variables({PREFIX + name: str(value) for name, value in settings.items()})

    def setting(self, name: str) -> str:
        """Return a setting that was given."""
        return self.environment[PREFIX + name]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [*COMMAND, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def settings(self) -> Settings:
        """Return the settings that a command would read here."""
        with pytest.MonkeyPatch.context() as patch:
            self.enter(patch)
            return read_settings()

    def enter(self, patch: pytest.MonkeyPatch) -> None:
        """Make this process see what a command would see here, until the patch is undone."""
        patch.chdir(self.folder)
        for name in filter(is_setting, os.environ):
            patch.delenv(name)
        for name in filter(is_setting, self.environment):
            patch.setenv(name, self.environment[name])

    @contextmanager
    def start(self, *arguments: str) -> Iterator[Program]:
        """Start a command; at the end nothing of it is left, and its log is shown on failure."""
        log = self.folder / f"{arguments[0]}-{os.urandom(4).hex()}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*COMMAND, *arguments],
                cwd=self.folder,
                env=self.environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            with _killed_at_the_end(process.pid):
                yield Program(process, log)
        finally:
            process.wait()
            last = log.read_text().splitlines()[-LINES_SHOWN:]
            print(*last, sep="\n")  # noqa: T201 - pytest shows it if the test fails


def is_setting(variable: str) -> bool:
    """Tell whether an environment variable is a setting of the service."""
    return variable.startswith(PREFIX)


@contextmanager
def _killed_at_the_end(group: int) -> Iterator[None]:
    with subprocess.Popen(
        ["/bin/sh", "-c", WATCHDOG, str(group)],
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ):
        yield
