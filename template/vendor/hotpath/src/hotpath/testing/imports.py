"""What the import of the app costs, per package: `nox -s imports`. A table in Markdown.

Milliseconds of each package's own modules, the least of some runs: the disk and others are in them.
A test checks with `assert_late_imports` that some modules are not imported with the app.
"""

import subprocess
import sys
import tomllib
from collections import Counter

from hotpath.testing.project import NoProject, Project, find_project

RUNS = 5
SHOWN = 20


def measure(module: str) -> Counter[str]:
    """Return microseconds per package; names of the standard library count as one."""
    command = [sys.executable, "-X", "importtime", "-c", f"import {module}"]
    printed = subprocess.run(  # noqa: S603 - the service's own module
        command, capture_output=True, text=True, check=True
    ).stderr
    found: Counter[str] = Counter()
    for line in printed.splitlines()[1:]:
        own_us, _, name = line.removeprefix("import time:").split("|")
        root = name.strip().partition(".")[0]
        found["the standard library" if root in sys.stdlib_module_names else root] += int(own_us)
    return found


def report(module: str) -> str:
    """Return the table."""
    measure(module)  # compiles
    least = min((measure(module) for _ in range(RUNS)), key=Counter.total)
    rows = [("**all**", least.total()), *least.most_common(SHOWN)]
    head = [f"`import {module}`", "", "| package | ms |", "|---|---:|"]
    return "\n".join(head + [f"| {name} | {us / 1000:.1f} |" for name, us in rows]) + "\n"


def imported_with_app(project: Project) -> frozenset[str]:
    """Return the modules that a new process has once it has imported the app."""
    program = f"import {project.service.package}.app, sys; print(*sys.modules)"
    command = [sys.executable, "-c", program]
    printed = subprocess.run(  # noqa: S603 - the service's own module
        command, capture_output=True, text=True, check=True
    ).stdout
    return frozenset(printed.split())


def assert_late_imports(project: Project | None = None) -> None:
    """Check that the app imports nothing of what its project wants to be imported late.

        [tool.late-imports]
        modules = ["typer"]

    Args:
        project: By default that of the working directory.
    """
    project = project or find_project()
    pyproject = tomllib.loads((project.folder / "pyproject.toml").read_text("utf-8"))
    late = set(pyproject["tool"]["late-imports"]["modules"])
    found = sorted(late & imported_with_app(project))
    assert not found, f"{project.service.package}.app imports {', '.join(found)}"


if __name__ == "__main__":
    try:
        found = find_project()
    except NoProject as error:
        sys.exit(str(error))
    sys.stdout.write(report(f"{found.service.package}.app"))
