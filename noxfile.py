"""Tasks of this repository; `nox` alone runs what a change has to pass before it is shown.

Every session has an environment of its own, made from `uv.lock`. What follows `--` goes to pytest.
"""

import os
import re
from pathlib import Path

import nox

nox.needs_version = ">=2026.10"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "render", "unit"]

ENGINE = "template/vendor/hotpath"
RENDER = ["matrix", "layers", "rendering", "goldens", "budgets"]
SLOW = "projects or updates or engine"
TWO_AT_A_TIME = ["--numprocesses=2", "--dist=worksteal"]
SLOWEST = "--durations=8"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
"""What `requires-python` admits and has been released; the matrices of CI are these."""
CORNERS = "asgi-postgres-redis-celery or wsgi-sqlite-memory-none"
ON_EACH_PYTHON = f"({CORNERS}) and (passes_its_tests or passes_its_own_checks) or goldens"
PEERS = [
    "cashews>=7.5,<8",
    "aiocache>=0.12.3,<1",
    "dogpile.cache>=1.5,<2",
    "aiodataloader>=0.4.3,<1",
    "msgspec>=0.20,<1",
]
"""Libraries that benchmarks of the engine measure it beside."""


def sync(session: nox.Session) -> None:
    """Bring the environment to what `uv.lock` says, with uv from the package index."""
    session.install("uv>=0.13.8,<0.14")
    environment = {"UV_PROJECT_ENVIRONMENT": str(session.virtualenv.location)}
    session.run_install("uv", "sync", "--locked", "--quiet", env=environment)
    session.env["PYTHONDONTWRITEBYTECODE"] = None  # or every process compiles all it imports again


def pytest(session: nox.Session, *options: str) -> None:
    session.run("pytest", SLOWEST, *options, *session.posargs)


def check(session: nox.Session) -> None:
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("mypy")
    session.run("python", "extensions/blocking.py", "--check")
    session.run("python", "extensions/engine_reference.py", "--check")
    with session.chdir(ENGINE):
        session.run("mypy")
        session.run("lint-imports", env={"PYTHONPATH": "src"})


@nox.session
def lint(session: nox.Session) -> None:
    """Check format, lint, types, and of the engine also imports and its generated half."""
    sync(session)
    check(session)


@nox.session
def render(session: nox.Session) -> None:
    """Render all stacks and look at their files: seconds."""
    sync(session)
    pytest(session, *(f"tests/test_{name}.py" for name in RENDER))


@nox.session
def unit(session: nox.Session) -> None:
    """Test answers, conversion, the contract of all stacks and the task after a copy."""
    sync(session)
    others = (f"--ignore=tests/test_{name}.py" for name in RENDER)
    pytest(session, *TWO_AT_A_TIME, "-m", f"not ({SLOW})", *others)


@nox.session
def engine(session: nox.Session) -> None:
    """Run the tests of the engine in several stacks: minutes. `-- -k asgi-sqlite` for some."""
    sync(session)
    pytest(session, *TWO_AT_A_TIME, "-v", "-m", "engine")


@nox.session
def projects(session: nox.Session) -> None:
    """Install all stacks, run their checks and tests: minutes. `-- -k asgi-sqlite` for some."""
    sync(session)
    pytest(session, *TWO_AT_A_TIME, "-v", "-m", "projects")


@nox.session
def updates(session: nox.Session) -> None:
    """Update projects and switch their stacks: minutes."""
    sync(session)
    pytest(session, *TWO_AT_A_TIME, "-v", "-m", "updates")


@nox.session
def pythons(session: nox.Session) -> None:
    """Test engine and two projects on each Python that is here. `-- 3.13` fails if it is not."""
    session.install("uv>=0.13.8,<0.14")
    asked = [name for name in session.posargs if re.fullmatch(r"3\.\d+", name)]
    options = [option for option in session.posargs if option not in asked]
    found = {version: find_python(session, version) for version in asked or PYTHONS}
    missing = ", ".join(version for version, python in found.items() if not python)
    if missing and asked:
        session.error(f"Python {missing} was not found on this machine.")
    if not any(found.values()):
        session.error(f"None of Python {missing} was found on this machine.")
    for version, python in found.items():
        if python:
            test_on(session, version, python, options)
    session.log(f"Passed on {', '.join(name for name in found if found[name])}.")
    if missing:
        session.warn(f"Not tested, since they were not found on this machine: Python {missing}.")


def find_python(session: nox.Session, version: str) -> str:
    """Return an interpreter that uv finds on PATH, among its own or pyenv's; "" without any."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    folders = [str(folder) for folder in pyenv.glob(f"versions/{version}.*/bin")]
    search = {"PATH": os.pathsep.join([*folders, os.environ["PATH"]]), "VIRTUAL_ENV": None}
    command = ("python", "find", "--system", "--no-python-downloads", "--no-project", version)
    uv = str(Path(session.bin, "uv"))
    printed = session.run(uv, *command, env=search, silent=True, success_codes=[0, 2], log=False)
    python = str(printed).strip().splitlines()[-1:]
    return python[0] if python and Path(python[0]).is_file() else ""


def test_on(session: nox.Session, version: str, python: str, options: list[str]) -> None:
    """Run what may differ between Pythons, in an environment of that one."""
    session.log(f"Python {version}: {python}")
    place = Path(".nox", f"python-{version}").absolute()
    environment = {"UV_PROJECT_ENVIRONMENT": str(place), "VIRTUAL_ENV": None, "UV_PYTHON": python}
    session.run("uv", "sync", "--locked", "--quiet", env=environment)
    folder = str(place / ("Scripts" if os.name == "nt" else "bin"))
    path = os.pathsep.join([folder, os.environ["PATH"]])
    tests = ("tests/test_engine.py", "tests/test_projects.py", "tests/test_goldens.py")
    command = (str(Path(folder, "python")), "-m", "pytest", SLOWEST, *TWO_AT_A_TIME, "-v")
    environment = {"PATH": path, "VIRTUAL_ENV": str(place), "PYTHONDONTWRITEBYTECODE": None}
    session.run(*command, "-k", ON_EACH_PYTHON, *options, *tests, env=environment, external=True)


@nox.session
def tests(session: nox.Session) -> None:
    """Run everything, as continuous integration does."""
    sync(session)
    check(session)
    pytest(session, *TWO_AT_A_TIME, "-m", f"not ({SLOW})")
    pytest(session, *TWO_AT_A_TIME, "-v", "-m", SLOW)


@nox.session
def goldens(session: nox.Session) -> None:
    """Accept what the template renders now as `tests/goldens/`."""
    sync(session)
    session.run("pytest", "--regenerate-goldens", "tests/test_goldens.py", *session.posargs)


@nox.session
def blocking(session: nox.Session) -> None:
    """Generate hotpath.blocking from hotpath.aio."""
    session.run("python", "extensions/blocking.py", *session.posargs)


@nox.session
def release(session: nox.Session) -> None:
    """Check what a release needs: `-- 1.2.0`; with `--tag` make its tag, which nothing pushes."""
    session.run("python", "extensions/release.py", *session.posargs)


@nox.session
def bench_render(session: nox.Session) -> None:
    """Time a render and an update, with Copier's own floor beside them."""
    sync(session)
    session.run("python", "tests/bench_render.py", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure a part of the engine beside other libraries: `-- STACK NAME`, `-- --help` for all."""
    sync(session)
    session.install(*PEERS)
    session.run("python", "tests/engine_bench.py", *session.posargs)


@nox.session
def compare(session: nox.Session) -> None:
    """Measure rendered services beside peers and a floor: half an hour. `-- --help` says more."""
    sync(session)
    command = ("python", "-m", "compare", *session.posargs)
    session.run(*command, env={"PYTHONPATH": "tests"}, interrupt_timeout=30)  # it ends its servers


@nox.session
def demo(session: nox.Session) -> None:
    """Render a service into demo/, run it and show its first answer. `-- folder` for another."""
    sync(session)
    session.run("python", "tests/demo.py", *session.posargs)
