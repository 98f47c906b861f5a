"""A project installed as other people install one: its engine comes from its own files, always.

An index that offers a package of the engine's name is there every time, and is never asked for it.
"""

import re
import shutil
import tomllib
import zipfile
from collections.abc import Callable
from email.parser import Parser
from pathlib import Path

import demo
import pytest
from installs import MADE_BY_TOOLS, run
from stacks import Stack, corner

pytestmark = pytest.mark.projects

WITHIN_S = 300
PACKAGE = "shop"
UV_INSTALL = ("uv", "pip", "install", "--quiet", "--python", ".venv/bin/python")
PIP_INSTALL = (".venv/bin/python", "-m", "pip", "install", "--quiet")
WHERE = """
import importlib.metadata, importlib.util, pathlib
print("engine", pathlib.Path(importlib.util.find_spec("hotpath").origin).parent)
print("others", [d.name for d in importlib.metadata.distributions() if d.name == "hotpath"])
print("services", importlib.util.find_spec("hotpath_services") is not None)
"""
STACKS = (
    corner(example=True, interface="asgi", database="sqlite", cache="memory", tasks="none"),
    corner(example=True, interface="wsgi", database="sqlite", cache="memory", tasks="celery"),
)


@pytest.fixture
def project(rendered: Callable[[Stack], Path], tmp_path: Path) -> Path:
    """Return a project with the default answers."""
    return shutil.copytree(rendered(STACKS[0]), tmp_path / "project")


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """Return a folder that an installer asks like an index: it has a newer `hotpath`."""
    folder = tmp_path / "index"
    folder.mkdir()
    name = "hotpath-999.0"
    with zipfile.ZipFile(folder / f"{name}-py3-none-any.whl", "w") as wheel:
        info = f"{name}.dist-info"
        wheel.writestr("hotpath/__init__.py", "raise SystemExit('someone else')\n")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: hotpath\nVersion: 999.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return folder


def build_wheel(project: Path, folder: Path) -> Path:
    run(project, "uv", "build", "--wheel", "--quiet", "-o", str(folder), timeout_s=WITHIN_S)
    (wheel,) = folder.glob("*.whl")
    return wheel


def make_environment(folder: Path, *options: str) -> Path:
    """Make an environment in `folder`, which may hold nothing else; return its Python."""
    folder.mkdir(exist_ok=True)
    run(folder, "uv", "venv", "--quiet", *options, timeout_s=WITHIN_S)
    return folder / ".venv" / "bin" / "python"


def engine_of(python: Path) -> Path:
    """Return where the engine is imported from; refuse another distribution of its name."""
    folder = python.parents[2]
    told = dict(
        line.split(" ", 1)
        for line in run(folder, str(python), "-c", WHERE, timeout_s=60).splitlines()
    )
    assert told["others"] == "[]"
    return Path(told["engine"])


def test_neither_the_lock_nor_the_wheel_asks_an_index_for_the_engine(
    project: Path, tmp_path: Path
) -> None:
    run(project, "uv", "lock", timeout_s=WITHIN_S)
    with zipfile.ZipFile(build_wheel(project, tmp_path / "dist")) as wheel:
        (name,) = (name for name in wheel.namelist() if name.endswith("/METADATA"))
        required = Parser().parsestr(wheel.read(name).decode()).get_all("Requires-Dist") or []

    locked = tomllib.loads((project / "uv.lock").read_text("utf-8"))["package"]

    assert required
    assert not [each for each in required if re.match(r"hotpath\b", each)]
    assert not [each for each in locked if each["name"].startswith("hotpath")]


@pytest.mark.parametrize(
    "command",
    [
        UV_INSTALL,
        (*UV_INSTALL, "--editable"),
        PIP_INSTALL,
        (*PIP_INSTALL, "--editable"),
    ],
    ids=["uv", "uv-editable", "pip", "pip-editable"],
)
def test_the_engine_comes_from_the_files_of_the_project(
    project: Path, index: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    python = make_environment(tmp_path / "elsewhere", "--seed")

    links = ("--find-links", str(index))
    run(python.parents[2], *command, str(project), *links, timeout_s=WITHIN_S)

    vendored = project / "vendor" / "hotpath" / "src" / "hotpath"
    found = engine_of(python)
    assert (found == vendored) == ("--editable" in command)
    assert modules_of(found) == modules_of(vendored)


def test_uv_sync_takes_the_engine_from_the_files_of_the_project(project: Path, index: Path) -> None:
    links = ("--find-links", str(index))
    run(project, "uv", "lock", *links, timeout_s=WITHIN_S)
    run(project, "uv", "sync", "--locked", *links, timeout_s=WITHIN_S)

    found = engine_of(project / ".venv" / "bin" / "python")

    assert found == project / "vendor" / "hotpath" / "src" / "hotpath"


@pytest.mark.parametrize("stack", STACKS, ids=lambda stack: stack.id)
def test_a_wheel_runs_elsewhere(
    stack: Stack, rendered: Callable[[Stack], Path], tmp_path: Path
) -> None:
    """It has all the service needs, migrations included, and nothing of development."""
    project = shutil.copytree(
        rendered(stack), tmp_path / "project", ignore=shutil.ignore_patterns(*MADE_BY_TOOLS)
    )
    wheel = build_wheel(project, tmp_path / "dist")
    shutil.rmtree(project)
    elsewhere = tmp_path / "elsewhere"
    python = make_environment(elsewhere)
    run(elsewhere, *UV_INSTALL, str(wheel), timeout_s=WITHIN_S)
    service = str(python.with_name(PACKAGE))

    shown = run(elsewhere, service, "--help", timeout_s=60)
    upgraded = run(elsewhere, service, "db", "upgrade", timeout_s=60)
    with demo.server(elsewhere) as url:
        health = demo.ask(f"{url}/healthz")
        user = demo.ask(f"{url}/users", {"email": "ada@example.com", "name": "Ada"})

    assert "serve" in shown
    assert ("worker" in shown) == ("celery" in stack.id)
    assert "The schema is at" in upgraded
    assert health == {"status": "ok"}
    assert user["id"] == 1
    assert "services False" in run(elsewhere, str(python), "-c", WHERE, timeout_s=60)
    assert not [name for name in zipfile.ZipFile(wheel).namelist() if "hotpath_services" in name]


def modules_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
