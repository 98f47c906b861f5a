"""The service's commands as processes of their own, in a folder without a developer's `.env`."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from hotpath.service import Service
from hotpath.settings.sources import PLATFORM_VARIABLES

LINES_SHOWN = 40
_PLATFORM = frozenset(PLATFORM_VARIABLES.values())
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

    service: Service
    folder: Path
    environment: Mapping[str, str]

    @classmethod
    def in_folder(cls, service: Service, folder: Path) -> "Workspace":
        """Make `folder` a workspace, with no setting but the defaults."""
        prefix = service.env_prefix
        others = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(prefix) and name not in _PLATFORM
        }
        return cls(service, folder, {**others, "TMPDIR": str(folder)})

    @property
    def command(self) -> tuple[str, ...]:
        """The command line of the service."""
        return (sys.executable, "-m", self.service.package)

    def with_variables(self, variables: Mapping[str, str]) -> "Workspace":
        """Return the same workspace with more environment variables."""
        return replace(self, environment={**self.environment, **variables})

    def with_settings(self, **settings: object) -> "Workspace":
        """Return the same workspace with other settings, such as `SERVER__DRAIN_S=2`."""
        prefix = self.service.env_prefix
        return self.with_variables({prefix + name: str(each) for name, each in settings.items()})

    def setting(self, name: str) -> str:
        """Return a setting that was given."""
        return self.environment[self.service.env_prefix + name]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(  # noqa: S603 - a command of the service
            [*self.command, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def settings(self) -> Any:
        """Return the settings that a command would read here, of the service's own class."""
        with pytest.MonkeyPatch.context() as patch:
            self.enter(patch)
            return self.service.read_settings()

    def enter(self, patch: pytest.MonkeyPatch) -> None:
        """Make this process see what a command would see here, until the patch is undone."""
        patch.chdir(self.folder)
        for name in filter(self._is_setting, list(os.environ)):
            patch.delenv(name)
        for name in filter(self._is_setting, self.environment):
            patch.setenv(name, self.environment[name])

    def _is_setting(self, variable: str) -> bool:
        return variable.startswith(self.service.env_prefix) or variable in _PLATFORM

    @contextmanager
    def start(self, *arguments: str) -> Iterator[Program]:
        """Start a command; at the end nothing of it is left, and its log is shown on failure."""
        log = self.folder / f"{arguments[0]}-{os.urandom(4).hex()}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - a command of the service
                [*self.command, *arguments],
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
            print(*last, sep="\n")  # noqa: T201 - pytest captures it


@contextmanager
def _killed_at_the_end(group: int) -> Iterator[None]:
    with subprocess.Popen(  # noqa: S603 - a number
        ["/bin/sh", "-c", WATCHDOG, str(group)],
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ):
        yield
