"""The project that a command of development runs in: the folder with its `pyproject.toml`."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from hotpath.service import Service


class NoProject(Exception):
    """The working directory is in no project of a service."""


@dataclass(frozen=True)
class Project:
    """A service's project."""

    folder: Path
    service: Service

    @property
    def results(self) -> Path:
        """Where benchmarks and load tests leave what they measured."""
        return self.folder / "results"

    @property
    def benchmarks(self) -> Path:
        """Where its benchmarks are: `hot_*.py`; a project may have none."""
        return self.folder / "tests" / "perf"

    @property
    def baseline(self) -> Path:
        """The ratios that its benchmarks are compared with."""
        return self.benchmarks / "baseline.toml"

    @property
    def scenarios(self) -> Path:
        """What simulated users do in a load test."""
        return self.folder / "tests" / "load" / "scenarios.py"


def find_project(start: Path | None = None) -> Project:
    """Return the project of a folder, by default the working directory.

    It is the nearest folder above whose `pyproject.toml` has `hotpath_package`:

        [tool.pytest.ini_options]
        hotpath_package = "shop"

    Raises:
        NoProject: there is none.
    """
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        package = _package_of(folder / "pyproject.toml")
        if package:
            return Project(folder, Service(package))
    raise NoProject(
        f"{start}: no pyproject.toml here or above has hotpath_package in [tool.pytest.ini_options]"
    )


def _package_of(file: Path) -> str:
    """Return the service's package; "" if the file is not there or names none."""
    if not file.exists():
        return ""
    tools = tomllib.loads(file.read_text("utf-8")).get("tool", {})
    return str(tools.get("pytest", {}).get("ini_options", {}).get("hotpath_package", ""))
