"""Rendered projects that are installed: folders kept between runs, and commands run in them."""

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import pytest
from stacks import ROOT

KEPT_PROJECTS = ROOT / ".cache" / "projects"
MADE_BY_TOOLS = (".venv", "uv.lock", ".ruff_cache", ".import_linter_cache")
UV = str(Path(sys.executable).with_name("uv"))
NOT_FOR_PROJECTS = ("PYTEST_", "UV_PROJECT", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE", "NOX_")
"""`PYTHONDONTWRITEBYTECODE` would make every process of a project compile all it imports."""


def keep(rendered: Path, name: str, kept_projects: Path = KEPT_PROJECTS) -> Path:
    """Return a folder with the files of `rendered` and the environment of an earlier run."""
    project = kept_projects / name
    project.mkdir(parents=True, exist_ok=True)
    for path in project.iterdir():
        if path.name not in MADE_BY_TOOLS:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(rendered, project, dirs_exist_ok=True)
    return project


def install(project: Path) -> None:
    """Lock, and make the environment what the lock says, from nothing or from what is there."""
    run(project, "uv", "lock", timeout_s=300)
    run(project, "uv", "sync", "--locked", timeout_s=300)


def importable(project: Path, package: str, folder: Path) -> dict[str, str]:
    """Return the environment in which Python imports a project as if it were installed.

    What the project requires has to be in our own environment.

    Args:
        project: The rendered project.
        package: Its name.
        folder: Where to write the metadata that an installation would have.
    """
    name = package.replace("_", "-")
    info = folder / f"{package}-0.1.0.dist-info"
    info.mkdir(exist_ok=True)
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1.0\nSummary: A web service.\n"
    (info / "METADATA").write_text(metadata)
    parts = ("src", "vendor/hotpath/src", "vendor/hotpath/dev")
    path = os.pathsep.join([*(str(project / part) for part in parts), str(folder)])
    return project_environment() | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}


def run(project: Path, *command: str, timeout_s: float) -> str:
    """Run a command in a project; return what it printed, or fail with it."""
    with tempfile.TemporaryFile() as printed:
        process = subprocess.Popen(
            [UV, *command[1:]] if command[0] == "uv" else command,
            cwd=project,
            env=project_environment(),
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            problem = f"exit code {code}" if (code := process.wait(timeout_s)) else ""
        except subprocess.TimeoutExpired:
            problem = f"not done after {timeout_s} s"
        finally:
            stop(process)
        printed.seek(0)
        output = printed.read().decode("utf-8", errors="replace")
    if problem:
        line = f"`{' '.join(command)}` in {project}: {problem}"
        pytest.fail(f"{line}\n{output}\n{line}", pytrace=False)
    return output


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process that hangs: as Ctrl-C first, so that it stops the servers it started."""
    for signal_number in (signal.SIGINT, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, signal_number)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                continue


@cache
def temporary_root() -> str:
    """Return a folder for the temporary files of other runs of pytest, gone with this process.

    Runs that share one delete what is old side by side, and may fail over what the other deleted.
    """
    root = tempfile.mkdtemp(prefix="runs-")
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return root


def project_environment() -> dict[str, str]:
    """Return this process's environment without what is about this process."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(NOT_FOR_PROJECTS)
    }
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    return kept | {
        "PYTEST_DEBUG_TEMPROOT": temporary_root(),
        "UV_PYTHON": getattr(sys, "_base_executable", sys.executable),
        "UV_PYTHON_DOWNLOADS": "never",
        # mypy knows files by their content: what one project had checked, the next one need not.
        "MYPY_CACHE_DIR": str(KEPT_PROJECTS.with_name(f"mypy-{worker}")),
    }
